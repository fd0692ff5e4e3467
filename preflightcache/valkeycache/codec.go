package valkeycache

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/corsengine/corsengine/preflightcache"
)

// version is in every key's name. It changes with the format of values, of which
// see below, and with what they mean, so that programs with different versions
// of this package share a server without sharing values.
const version = "pf1"

// A digest stands for a key. It is the SHA-256 of the key's strings, each after
// its length in four bytes: other strings have another digest.
type digest [sha256.Size]byte

// digestOf returns the digest of k. Precondition: k is not tooLong.
func digestOf(k preflightcache.Key) digest {
	var buf [maxKeyLen + 3*4]byte
	b := buf[:0]
	for _, s := range [...]string{k.Partition, k.Origin, k.URL} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return sha256.Sum256(b)
}

// tooLong reports whether k is not to be kept.
func tooLong(k preflightcache.Key) bool {
	return len(k.Partition)+len(k.Origin)+len(k.URL) > maxKeyLen
}

// A keyspace gives keys their names on the server: the namespace, the version
// and the digest. What follows the namespace has always the same length, so keys
// of different namespaces are different, whatever these are.
type keyspace struct{ prefix string }

func newKeyspace(namespace string) keyspace {
	return keyspace{namespace + ":" + version + ":"}
}

// digestLen is the length of a digest in a name.
var digestLen = base64.RawURLEncoding.EncodedLen(len(digest{}))

// name returns the name of the key with digest d.
func (s keyspace) name(d digest) string {
	b := make([]byte, 0, len(s.prefix)+digestLen)
	b = append(b, s.prefix...)
	return string(base64.RawURLEncoding.AppendEncode(b, d[:]))
}

// digest is the inverse of name.
func (s keyspace) digest(name string) (d digest, ok bool) {
	text, ok := strings.CutPrefix(name, s.prefix)
	if !ok || len(text) != digestLen {
		return d, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(d[:], []byte(text))
	return d, err == nil && n == len(d)
}

// A value on the server is the tag of the generation it belongs to, the entries
// one after the other, the least recently stored first, and a checksum:
//
//	tag       16 bytes, see generation
//	entries   each
//	  flags   1 byte: 1 for a header name, plus 2 if stored with credentials
//	  stored  6 bytes, big-endian: server's time in milliseconds
//	  expires 6 bytes, likewise
//	  length  1 byte, 1 to 128
//	  name    as many bytes; in lowercase if it is a header name
//	checksum  first 16 hexadecimal digits of the SHA-1 of the key's name on the
//	          server, the tag and the entries
//
// The checksum is there to recognize what was truncated, damaged or moved, not
// to authenticate it.
const (
	tagLen    = 16
	sumLen    = 16
	headerLen = 1 + 6 + 6 + 1

	// maxValueLen is the length of the longest value.
	maxValueLen = tagLen + maxNames*(headerLen+maxNameLen) + sumLen
)

// The flags of an entry.
const (
	flagHeader      = 1 << 0
	flagCredentials = 1 << 1
)

// A stored entry is an entry as it is in a value.
type storedEntry struct {
	name            string
	flags           byte
	stored, expires int64 // server's time in milliseconds
}

// parseValue returns the entries of value, which the server has under the key
// called name and that has to be of the generation tag. It allocates no more
// than twice the value's length, and returns ErrValue for what is none.
func parseValue(name, tag, value string) ([]storedEntry, error) {
	if len(value) <= tagLen+sumLen || len(value) > maxValueLen || value[:tagLen] != tag {
		return nil, ErrValue
	}
	body, sum := value[tagLen:len(value)-sumLen], value[len(value)-sumLen:]
	if checksum(name, tag, body) != sum {
		return nil, ErrValue
	}
	l := make([]storedEntry, 0, 8)
	for body != "" {
		if len(body) < headerLen {
			return nil, ErrValue
		}
		e := storedEntry{flags: body[0], stored: uint48(body[1:7]), expires: uint48(body[7:13])}
		n := int(body[13])
		if body = body[headerLen:]; n == 0 || n > maxNameLen || n > len(body) ||
			e.flags&^(flagHeader|flagCredentials) != 0 || e.expires <= e.stored || len(l) == maxNames {
			return nil, ErrValue
		}
		e.name, body = body[:n], body[n:]
		l = append(l, e)
	}
	return l, nil
}

// checksum returns what a value ends with.
func checksum(name, tag, body string) string {
	h := sha1.New()
	h.Write([]byte(name))
	h.Write([]byte(tag))
	h.Write([]byte(body))
	return hex.EncodeToString(h.Sum(nil)[:sumLen/2])
}

func uint48(s string) (v int64) {
	for i := range 6 {
		v = v<<8 | int64(s[i])
	}
	return v
}

func appendUint48(b []byte, v int64) []byte {
	for shift := 40; shift >= 0; shift -= 8 {
		b = append(b, byte(v>>shift))
	}
	return b
}

// A grant is what is to be stored for a key, as the server gets it.
type grant struct {
	credentials bool
	age         time.Duration // not negative, capped
	limit       int           // how many names are kept, at most maxNames
	methods     []string
	headers     []string
	replace     bool // what is there instead of adding to it
}

// encode returns the argument of the script that stores g, provided that the
// server's clock has not passed deadline yet, in milliseconds:
//
//	deadline  6 bytes, big-endian
//	age       6 bytes, likewise, in milliseconds
//	limit     2 bytes, likewise
//	flags     1 byte: 1 to replace what is there, plus 2 with credentials
//	names     each: flags of an entry, length in 1 byte, name
//
// A name that is not kept is sent as the empty name: it matches, and thus may
// shorten, what any other name matches that has no entry.
func (g *grant) encode(deadline int64) string {
	b := make([]byte, 0, 128)
	b = appendUint48(b, deadline)
	b = appendUint48(b, g.age.Milliseconds())
	b = binary.BigEndian.AppendUint16(b, uint16(g.limit))
	var flags byte
	if g.replace {
		flags |= flagReplace
	}
	if g.credentials {
		flags |= flagCredentials
	}
	b = append(b, flags)
	add := func(header byte, name string) {
		if len(name) > maxNameLen {
			name = ""
		}
		b = append(b, header, byte(len(name)))
		b = append(b, name...)
	}
	for _, name := range g.methods {
		add(0, name)
	}
	for _, name := range g.headers {
		add(flagHeader, lower(name))
	}
	return string(b)
}

// flagReplace is a flag of a grant.
const flagReplace = 1 << 0
