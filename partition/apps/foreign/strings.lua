-- SPDX-License-Identifier: GPL-2.0-only
-- Strings: patterns, formats, packing, UTF-8.
local text = "the quick brown fox jumps over the lazy dog"
print(text:upper(), #text, text:rep(2, "|"):len())
for word, at in text:gmatch("(%a+)()") do io.write(word:reverse(), "@", at, " ") end
print()
print(text:gsub("(%w+) (%w+)", "%2 %1"))
print(("%5d|%-5d|%05d|%x|%q|%g|%.3f"):format(42, 42, 42, 255, "a\n\"b\"\0", 0.1, 2 / 3))
print(string.pack("<i4z", -2, "end"):byte(1, -1))
print(string.unpack("<i4z", string.pack("<i4z", -2, "end")))
for _, c in utf8.codes("äöü€") do io.write(c, " ") end
print(utf8.len("äöü€"), utf8.char(8364))
print(("x"):rep(100000):gsub("x", { x = "yz" }):sub(-6))
local s = {}
for i = 1, 2000 do s[#s + 1] = string.format("%x", i * i) end
local sum = 0
for b in table.concat(s):gmatch(".") do sum = (sum * 31 + b:byte()) % 2147483647 end
print(sum, pcall(string.rep, "x", -1), pcall(string.format, "%d", "1.5"))
print(tostring(1e15), tostring(2^53), 1e100, -0.0, 1 / 0, -1 / 0, 3 // 0.0, 7 // 2, -7 // 2, -7 % 3, 7.5 % -2)
