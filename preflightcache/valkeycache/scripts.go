package valkeycache

import (
	"fmt"
	"strconv"
	"strings"
)

// The scripts run on the server, where they see its clock and where nothing comes
// between reading and writing. They are declared as ones that write, so that a
// replica refuses to run them, even the one that only reads: what a replica has
// is out of date. Each belongs to a generation, whose tag is in its text.

// preamble defines what the scripts have in common.
const preamble = `
local tag = '%TAG%'
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local v = redis.pcall('GETRANGE', KEYS[1], 0, %MAX%)
if type(v) == 'table' then v = '!' end
`

// readScript returns the time, in milliseconds, and the value of the key, which
// is empty if there is none or one of another generation. It is cut off after
// one byte more than a value can have; a key that is no string has the value !.
// Keys that are read are tracked.
const readScript = "#!lua flags=allow-oom" + preamble + `
if v ~= '!' and string.sub(v, 1, %TAGLEN%) ~= tag then v = '' end
return {now, v}
`

// storeScript adds a grant to the value of the key and returns the time and the
// new value, which is empty if nothing is left. It does what the method store of
// the entries in package preflightcache does. Having written the key it reads it
// once more, since a write ends the tracking.
const storeScript = "#!lua" + preamble + `
local arg = ARGV[1]
local deadline, age, limit, flags, pos = struct.unpack('>I6I6I2B', arg)
if now > deadline then return redis.error_reply('LATE the deadline is over') end
local replace = flags % 2 == 1
local cred = math.floor(flags / 2) % 2

local function sum(body)
	return string.sub(redis.sha1hex(KEYS[1] .. tag .. body), 1, %SUMLEN%)
end

local list = {}
local n = #v - %SUMLEN%
local body = string.sub(v, %TAGLEN% + 1, n)
if not replace and n > %TAGLEN% and #v <= %MAX%
	and string.sub(v, 1, %TAGLEN%) == tag and sum(body) == string.sub(v, n + 1) then
	local i = 1
	while i <= #body do
		local f, stored, expires, len, j = struct.unpack('>BI6I6B', body, i)
		i = j + len
		if stored <= now and expires > now then
			list[#list + 1] = {kind = f % 2, cred = math.floor(f / 2), stored = stored,
				expires = expires, name = string.sub(body, j, i - 1)}
		end
	end
end

local expires = now + age
while pos <= #arg do
	local kind, len, next = struct.unpack('>BB', arg, pos)
	local name = string.sub(arg, next, next + len - 1)
	pos = next + len
	local own
	for i, e in ipairs(list) do
		if e.kind == kind then
			if e.cred == cred and e.name == name then
				own = i
			elseif e.cred >= cred and (e.name == name
				or e.name == '*' and not (kind == 1 and name == 'authorization')) then
				e.expires = math.min(e.expires, expires)
			end
		end
	end
	local e
	if own then
		e = table.remove(list, own)
	elseif expires > now and len > 0 then
		e = {kind = kind, cred = cred, name = name}
		while #list >= limit do table.remove(list, 1) end
	end
	if e then
		e.stored, e.expires = now, expires
		list[#list + 1] = e
	end
end

local parts, last = {}, 0
for _, e in ipairs(list) do
	if e.expires > now then
		parts[#parts + 1] = struct.pack('>BI6I6B', e.kind + 2 * e.cred, e.stored, e.expires, #e.name) .. e.name
		last = math.max(last, e.expires)
	end
end
if #parts == 0 then
	if v ~= '' then redis.call('DEL', KEYS[1]) end
	return {now, ''}
end
body = table.concat(parts)
v = tag .. body .. sum(body)
redis.call('SET', KEYS[1], v, 'PXAT', string.format('%.0f', last))
redis.call('STRLEN', KEYS[1])
return {now, v}
`

// replies of the scripts.
const (
	notAString = "!"    // value of a key that is not a string
	latePrefix = "LATE" // error of a store after its deadline
)

// script returns the text of source in the generation tag. extra is a statement
// that follows the preamble.
func script(source, tag, extra string) string {
	source = strings.Replace(source, preamble, preamble+extra, 1)
	return strings.NewReplacer(
		"%TAG%", tag,
		"%TAGLEN%", strconv.Itoa(tagLen),
		"%SUMLEN%", strconv.Itoa(sumLen),
		"%MAX%", strconv.Itoa(maxValueLen),
	).Replace(source)
}

// A generation is a span of time in which the server has not lost or reverted
// anything that it acknowledged. Values are tagged with the one they are of, and
// no others are granted. There is a random tag for each, and two scripts with the
// tag in their text, which are loaded when it begins and never again. The server
// forgets them if it is restarted, and another server that takes over has never
// had them; it then has no script of the name that it is asked to run, and a
// new generation begins. What it has from before, perhaps restored from disk to
// a state before some Clear, is not granted any more.
//
// The current generation is known to everyone from a key. The key might be
// restored too; it names scripts that do not exist then.
type generation struct {
	tag         string
	read, store string // SHA-1 of the scripts, in hexadecimal
}

func (g generation) readScript() string  { return g.read }
func (g generation) storeScript() string { return g.store }

// sha1Len is the length of a script's name.
const sha1Len = 40

// generationLen is the length of the value of the key that has the generation.
const generationLen = tagLen + 2*sha1Len

// String returns g as it is in the key.
func (g generation) String() string { return g.tag + g.read + g.store }

// parseGeneration is the inverse of generation.String.
func parseGeneration(s string) (g generation, ok bool) {
	if len(s) != generationLen {
		return g, false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return g, false
		}
	}
	return generation{s[:tagLen], s[tagLen : tagLen+sha1Len], s[tagLen+sha1Len:]}, true
}

// proposeScript sets the key with the generation to its second argument if it
// has its first, and returns what it has then.
var proposeScript = fmt.Sprintf(`#!lua
local v = redis.pcall('GETRANGE', KEYS[1], 0, %d)
if type(v) == 'table' then v = '!' end
if v ~= ARGV[1] then return v end
redis.call('SET', KEYS[1], ARGV[2])
return ARGV[2]
`, generationLen)
