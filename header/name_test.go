package header

import (
	"strings"
	"testing"

	"github.com/corsengine/corsengine/internal/testtable"
)

// A field is one header in a table.
type field struct {
	Name  testtable.Bytes `json:"name"`
	Value testtable.Bytes `json:"value"`
}

func TestForbiddenRequest(t *testing.T) {
	testtable.Run(t, "header-forbidden-request.json", func(t *testing.T, in field, want bool) {
		for _, name := range spellings(string(in.Name)) {
			if got := ForbiddenRequest(name, string(in.Value)); got != want {
				t.Errorf("ForbiddenRequest(%q, %q) = %v", name, in.Value, got)
			}
		}
	})
}

// spellings returns name in several letter cases. Names outside of ASCII are
// left alone, since package strings would turn some of them into ASCII.
func spellings(name string) []string {
	if strings.IndexFunc(name, func(c rune) bool { return c > 0x7F }) >= 0 {
		return []string{name}
	}
	return []string{name, strings.ToLower(name), strings.ToUpper(name)}
}

type namesWant struct {
	ForbiddenResponse  bool `json:"forbiddenResponse"`
	PrivilegedNoCORS   bool `json:"privilegedNoCORS"`
	NonWildcardRequest bool `json:"nonWildcardRequest"`
	RequestBody        bool `json:"requestBody"`
	SafelistedResponse bool `json:"safelistedResponse"`
}

func TestNames(t *testing.T) {
	testtable.Run(t, "header-names.json", func(t *testing.T, in testtable.Bytes, want namesWant) {
		name := string(in)
		got := namesWant{
			ForbiddenResponse:  ForbiddenResponseName(name),
			PrivilegedNoCORS:   PrivilegedNoCORSName(name),
			NonWildcardRequest: NonWildcardRequestName(name),
			RequestBody:        RequestBodyName(name),
			SafelistedResponse: SafelistedResponseName(name),
		}
		if got != want {
			t.Errorf("got %+v; want %+v", got, want)
		}
	})
}
