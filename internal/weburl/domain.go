package weburl

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/corsengine/corsengine/internal/asciix"
)

// toASCII is Unicode ToASCII as the domain parser calls it. Its options exclude
// the rules that hold for names in the DNS (hyphens, STD3, lengths).
var toASCII = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.CheckHyphens(false),
	idna.CheckJoiners(true),
	idna.BidiRule(),
	idna.VerifyDNSLength(false),
)

// maxUnicodeDomain is the length in bytes of the longest domain that is
// converted to ASCII. Punycode takes time proportional to the square of the
// length, and names in the DNS have at most 253 bytes.
const maxUnicodeDomain = 4096

// parseDomain returns domain in canonical form. ASCII domains are put in
// lowercase and that is all: their "xn--" labels are not validated.
//
// See https://url.spec.whatwg.org/#concept-domain-to-ascii.
func parseDomain(domain string) (string, failure) {
	result := asciix.Lower(domain)
	if !isASCII(domain) {
		if len(domain) > maxUnicodeDomain {
			return "", domainToASCII
		}
		// Before Unicode 16, UTS 46 mapped the capital sharp s to "ss", which
		// is another domain.
		domain = strings.ReplaceAll(domain, "\u1E9E", "\u00DF")
		var err error
		if result, err = toASCII.ToASCII(domain); err != nil {
			return "", domainToASCII
		}
	}
	if result == "" || containsAny(result, forbiddenDomain) {
		return "", domainToASCII
	}
	return result, ""
}
