package sri

import (
	stdsha256 "crypto/sha256"
	stdsha512 "crypto/sha512"
	"encoding/base64"
	"hash"
	"strings"
)

// A Verifier computes the digest of the bytes written to it and compares it with
// [Metadata]. It is made by [Metadata.NewVerifier] and must not be used by several
// goroutines at once.
type Verifier struct {
	want Metadata
	hash hash.Hash // nil if want is empty
}

// NewVerifier returns a verifier of bytes against m.
//
// See https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist.
func (m Metadata) NewVerifier() *Verifier {
	v := &Verifier{want: m}
	switch m.alg {
	case sha256:
		v.hash = stdsha256.New()
	case sha384:
		v.hash = stdsha512.New384()
	case sha512:
		v.hash = stdsha512.New()
	}
	return v
}

// Write adds p to the bytes. It never returns an error and does not allocate.
func (v *Verifier) Write(p []byte) (n int, err error) {
	if v.hash == nil {
		return len(p), nil
	}
	return v.hash.Write(p)
}

// Digest returns the hash expression of the bytes written so far, such as
// "sha384-H8BR…", or "" if the metadata is empty.
//
// See https://w3c.github.io/webappsec-subresource-integrity/#apply-algorithm-to-response.
func (v *Verifier) Digest() string {
	if v.hash == nil {
		return ""
	}
	return v.want.alg.String() + "-" + v.sum()
}

// Match reports whether the bytes written so far match the metadata: whether one
// of its digests is theirs, or there are none. More bytes may follow.
//
// Deviation: the text compares digests as they are written, so that only base64
// with padding can match. Its grammar, as well as browsers, takes the alphabet of
// base64url too, and digests without padding. Here these match as well, for they
// name the same digest: all of its bits are compared in any case.
//
// See https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist.
func (v *Verifier) Match() bool {
	if v.hash == nil {
		return true
	}
	sum := v.sum()
	for _, value := range v.want.values {
		if sameDigest(value, sum) {
			return true
		}
	}
	return false
}

// sum returns the base64 encoding of the digest.
func (v *Verifier) sum() string {
	return base64.StdEncoding.EncodeToString(v.hash.Sum(nil))
}

// sameDigest reports whether value is sum, up to the alphabet and to the padding,
// which is there or not as a whole.
func sameDigest(value, sum string) bool {
	if len(value) != len(sum) {
		sum = strings.TrimRight(sum, "=")
	}
	if len(value) != len(sum) {
		return false
	}
	for i := 0; i < len(sum); i++ {
		c := value[i]
		switch c {
		case '-':
			c = '+'
		case '_':
			c = '/'
		}
		if c != sum[i] {
			return false
		}
	}
	return true
}
