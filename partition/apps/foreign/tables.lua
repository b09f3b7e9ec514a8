-- SPDX-License-Identifier: GPL-2.0-only
-- Tables: sorting, metatables, weak references, garbage; random numbers with a known seed.
local seed = 12345
local function random() seed = (seed * 1103515245 + 12345) % 2147483648 return seed end
local list = {}
for i = 1, 5000 do list[i] = random() end
table.sort(list)
for i = 2, #list do assert(list[i - 1] <= list[i]) end
print(list[1], list[2500], list[5000])
table.sort(list, function(a, b) return a % 1000 > b % 1000 end)
print(list[1] % 1000, list[5000] % 1000, select("#", table.unpack(list, 1, 200)))
print(table.concat({ 1, 2, 3, "x" }, ", "), table.unpack({ 1, nil, 3 }, 1, 3))

local vector = {}
vector.__index = vector
vector.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, vector) end
vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
vector.__tostring = function(v) return "(" .. v.x .. ", " .. v.y .. ")" end
vector.__call = function(v, k) return v[k] end
local a = setmetatable({ x = 1, y = 2 }, vector)
print(tostring(a + a), a + a == setmetatable({ x = 2, y = 4 }, vector), a("y"))

local weak = setmetatable({}, { __mode = "k" })
for i = 1, 100 do weak[{}] = i end
local ended = 0
for i = 1, 1000 do setmetatable({}, { __gc = function() ended = ended + 1 end }) end
local before = collectgarbage("count")
local waste = {}
for i = 1, 100 do waste[i] = ("x"):rep(1000 + i) .. i end
waste = nil
collectgarbage()
collectgarbage()
print(next(weak), ended, collectgarbage("count") < before + 200)
for _, mode in ipairs({ "generational", "incremental" }) do
	collectgarbage(mode)
	local t = {}
	for i = 1, 20000 do t[i % 100] = { i, tostring(i) } end
	print(mode, t[99][2])
end
