package sri

import (
	stdsha256 "crypto/sha256"
	stdsha512 "crypto/sha512"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

type item struct{ alg, val string }

// oracleParse is "parse metadata" as the text has it, splitting strictly at
// spaces and dashes.
func oracleParse(metadata string) []item {
	var result []item
	for _, it := range strings.Split(metadata, " ") {
		expression := strings.Split(it, "?")[0]
		parts := strings.Split(expression, "-")
		i := slices.IndexFunc(order, func(alg string) bool { return lower(parts[0]) == alg })
		if i < 0 {
			continue
		}
		value := ""
		if len(parts) > 1 {
			value = parts[1]
		}
		result = append(result, item{order[i], value})
	}
	return result
}

var order = []string{"sha256", "sha384", "sha512"}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// oracleStrongest is "get the strongest metadata" as the text has it.
func oracleStrongest(set []item) []item {
	var result []item
	for _, it := range set {
		if len(result) == 0 {
			result = []item{it}
			continue
		}
		switch current, index := slices.Index(order, result[0].alg), slices.Index(order, it.alg); {
		case index > current:
			result = []item{it}
		case index == current:
			result = append(result, it)
		}
	}
	return result
}

// oracleDigest is the digest of body in base64.
func oracleDigest(alg, body string) string {
	var sum []byte
	switch alg {
	case "sha256":
		s := stdsha256.Sum256([]byte(body))
		sum = s[:]
	case "sha384":
		s := stdsha512.Sum384([]byte(body))
		sum = s[:]
	case "sha512":
		s := stdsha512.Sum512([]byte(body))
		sum = s[:]
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// oracleMatch is "do bytes match metadataList" as the text has it.
func oracleMatch(metadata, body string) bool {
	set := oracleParse(metadata)
	if len(set) == 0 {
		return true
	}
	return slices.ContainsFunc(oracleStrongest(set), func(it item) bool {
		return oracleDigest(it.alg, body) == it.val
	})
}

// canonical writes metadata in the form that the text understands: spaces for
// other whitespace, and the digests in padded base64, without what would follow
// a second dash.
func canonical(metadata string) string {
	fields := strings.FieldsFunc(metadata, func(r rune) bool { return strings.ContainsRune("\t\n\f\r ", r) })
	for i, f := range fields {
		expression, _, _ := strings.Cut(f, "?")
		alg, value, ok := strings.Cut(expression, "-")
		if !ok {
			continue
		}
		value = strings.NewReplacer("-", "+", "_", "/").Replace(value)
		if n := len(value) % 4; n > 1 && !strings.Contains(value, "=") {
			value += strings.Repeat("=", 4-n)
		}
		fields[i] = alg + "-" + value
	}
	return strings.Join(fields, " ")
}

// FuzzParse compares parsing and matching with the text, to which the deviations
// have been added in front. In the metadata, {sha256}, {sha384} and {sha512} stand
// for the digests of the body, so that mutations match.
func FuzzParse(f *testing.F) {
	for _, c := range testtable.Load[string, string](f, "sri-parse.json") {
		f.Add(c.In, c.Name)
	}
	for _, c := range testtable.Load[matchCase, bool](f, "sri-match.json") {
		f.Add(c.In.Metadata, c.In.Body)
	}
	f.Add("sha256-{sha256} sha512-{sha512}?a-b", "abc")
	f.Add("sha384-{sha384}?x\nSHA384-a", "abc")
	f.Fuzz(func(t *testing.T, metadata, body string) {
		for _, alg := range order {
			metadata = strings.ReplaceAll(metadata, "{"+alg+"}", oracleDigest(alg, body))
		}
		m := Parse(metadata)
		want := oracleStrongest(oracleParse(canonical(metadata)))
		if m.Empty() != (len(want) == 0) || len(m.values) != len(want) {
			t.Fatalf("%q: %q; want %q", metadata, m, want)
		}
		for i, it := range want {
			if m.alg.String() != it.alg || canonical("sha256-"+m.values[i]) != "sha256-"+it.val {
				t.Errorf("%q: %q; want %q", metadata, m, want)
			}
		}
		if !m.Empty() && Parse(m.String()).String() != m.String() {
			t.Errorf("%q prints as %q, which is parsed as %q", metadata, m, Parse(m.String()))
		}
		v := m.NewVerifier()
		v.Write([]byte(body))
		if got, want := v.Match(), oracleMatch(canonical(metadata), body); got != want {
			t.Errorf("%q: Match() = %v; want %v", metadata, got, want)
		}
		// Where there is nothing to deviate about, the text alone decides.
		if !strings.ContainsAny(metadata, "\t\n\f\r") && strings.Count(metadata, "-") <= 1 && oracleMatch(metadata, body) && !v.Match() {
			t.Errorf("%q: matches by the text", metadata)
		}
	})
}
