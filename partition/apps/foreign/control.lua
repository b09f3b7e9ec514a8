-- SPDX-License-Identifier: GPL-2.0-only
-- Coroutines, closures, errors, goto, integer and floating-point arithmetic, load().
local function permutations(list, n)
	n = n or #list
	if n == 1 then coroutine.yield(table.concat(list)) end
	for i = 1, n do
		list[n], list[i] = list[i], list[n]
		if n > 1 then permutations(list, n - 1) end
		list[n], list[i] = list[i], list[n]
	end
end
local count, last = 0, nil
for p in coroutine.wrap(function() permutations({ "a", "b", "c", "d", "e", "f" }) end) do
	count, last = count + 1, p
end
print(count, last)

local function counter()
	local n = 0
	return function(by) n = n + (by or 1) return n end
end
local one, two = counter(), counter()
one() one(5) two()
print(one(), two())

print(pcall(error, { code = 7 }) == false, select(2, pcall(error, "told", 0)))
print(select(2, xpcall(function() local x = nil; return x.y end, function(m) return "caught " .. m end)))
local deep = 0
local function fall() deep = deep + 1 return (("x"):gsub("x", fall)) end
local ok, why = pcall(fall)
print(ok, why:match("stack overflow"), deep > 100)
for i = 1, 3 do
	for j = 1, 3 do
		if j == 2 then goto continue end
		io.write(i, ":", j, " ")
		::continue::
	end
end
print()
print(0x7fffffffffffffff + 1 == math.mininteger, 5 // 0.3, 1 << 62, ~5, 0xff ~ 0x0f, 2^0.5, 10 / 2)
print(math.type(1), math.type(1.0), math.tointeger("8"), math.ult(1, -1), math.fmod(-7, 3))
local fib = {}
setmetatable(fib, { __index = function(t, n) local v = n < 2 and n or t[n - 1] + t[n - 2] t[n] = v return v end })
print(fib[80])
for i = 0, 20 do io.write(("%.10g "):format(math.sin(i) + math.exp(-i) + math.log(i + 1) + math.atan(i, 3))) end
print()
print(load("local a <const>, b <close> = 6, nil return a * 7")())
print(os.getenv("REMORA_NO_SUCH_NAME"), (io.open("/no/such/file")))
local primes = {}
for n = 2, 2000 do
	local is = true
	for _, p in ipairs(primes) do
		if p * p > n then break end
		if n % p == 0 then is = false break end
	end
	if is then primes[#primes + 1] = n end
end
print(#primes, primes[#primes])
os.exit(17)
