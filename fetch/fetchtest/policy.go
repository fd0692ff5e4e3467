package fetchtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// A Policy is what a server's CORS configuration is meant to allow: every
// combination of the origins, methods and headers, on every path. Whatever else the
// server allows is checked as far as it is a known mistake: origins that resemble
// the allowed ones, and credentials.
//
// The zero Policy allows nothing; Origins is required. A Policy may be used by
// several goroutines at once and is not modified.
type Policy struct {
	// Server is the origin under which the handler is called; "" means
	// https://server.example.
	Server string

	// Paths are tried one by one, with query if there is one; none means "/". A
	// page has to be able to read what comes, whatever its status: best have one
	// that is not there, one that asks for a login, one that fails, and one that
	// redirects among them.
	Paths []string

	// Origins are those of the pages that must be able to use the server. "null"
	// stands for pages without one, "*" for all origins: then none is denied.
	Origins []string

	// Methods must work; none means GET alone. They are normalized as by fetch():
	// "put" is PUT, but "patch" is not PATCH.
	Methods []string

	// Headers are request headers that must work, each alone and all together: a
	// name, or a name with a value, such as "Content-Type: application/json".
	Headers []string

	// Credentials says that requests with cookies must work too. If it is false,
	// they must not.
	Credentials bool

	// Expose are response headers that the page must be able to read.
	Expose []string

	// MaxAge is how long a browser must be able to do without another preflight.
	// Zero means that this is not checked. Browsers have limits, of which the
	// lowest is two hours.
	MaxAge time.Duration

	// DenyOrigins must not be able to use the server. Those that resemble one of
	// Origins, that of a stranger, and "null" need not be listed.
	DenyOrigins []string

	// DenyMethods and DenyHeaders must not work from any origin, the allowed ones
	// included. CORS cannot deny GET, HEAD and POST.
	DenyMethods []string
	DenyHeaders []string
}

// A PolicyError says what is wrong with a [Policy].
type PolicyError struct {
	Field string // such as "Origins"
	Value string
	Err   error
}

// Error names the field and its value.
func (e *PolicyError) Error() string {
	return fmt.Sprintf("fetchtest: Policy.%s: %q: %v", e.Field, e.Value, e.Err)
}

// Unwrap returns e.Err.
func (e *PolicyError) Unwrap() error { return e.Err }

// anyOrigin in [Policy.Origins] stands for all of them.
const anyOrigin = "*"

// A plan is a [Policy] that is valid and complete.
type plan struct {
	server      string
	urls        []*url.URL
	origins     []string
	any         bool // every origin is allowed
	methods     []string
	headers     []http.Header // each alone
	denied      []string      // origins
	denyMethods []string
	denyHeaders []http.Header
	*Policy
}

// plan checks p.
func (p *Policy) plan() (*plan, error) {
	pl := &plan{Policy: p, server: p.Server}
	if pl.server == "" {
		pl.server = "https://server.example"
	}
	server, err := fetch.ParseOrigin(pl.server)
	if err == nil && !strings.HasPrefix(server.String(), "http") {
		err = errors.New("it has to be of http or https")
	}
	if err != nil {
		return nil, &PolicyError{"Server", p.Server, err}
	}
	pl.server = server.String()
	if err := pl.planURLs(); err != nil {
		return nil, err
	}
	if err := pl.planOrigins(); err != nil {
		return nil, err
	}
	if pl.methods, err = methods("Methods", p.Methods); err != nil {
		return nil, err
	}
	if len(pl.methods) == 0 {
		pl.methods = []string{http.MethodGet}
	}
	if pl.denyMethods, err = methods("DenyMethods", p.DenyMethods); err != nil {
		return nil, err
	}
	for i, m := range pl.denyMethods {
		if corscheck.SafelistedMethod(m) {
			return nil, &PolicyError{"DenyMethods", p.DenyMethods[i], errors.New("CORS cannot deny it")}
		}
	}
	if pl.headers, err = headers("Headers", p.Headers); err != nil {
		return nil, err
	}
	if pl.denyHeaders, err = headers("DenyHeaders", p.DenyHeaders); err != nil {
		return nil, err
	}
	for i, h := range pl.denyHeaders {
		if len(header.UnsafeNames(nil, h)) == 0 {
			return nil, &PolicyError{"DenyHeaders", p.DenyHeaders[i], errors.New("CORS cannot deny it")}
		}
	}
	for _, name := range p.Expose {
		if !httpguts.ValidHeaderFieldName(name) || header.ForbiddenResponseName(name) {
			return nil, &PolicyError{"Expose", name, errors.New("no page can read a header of this name")}
		}
	}
	if p.MaxAge < 0 {
		return nil, &PolicyError{"MaxAge", p.MaxAge.String(), errors.New("it is negative")}
	}
	return pl, nil
}

func (pl *plan) planURLs() error {
	paths := pl.Paths
	if len(paths) == 0 {
		paths = []string{"/"}
	}
	for _, path := range paths {
		if !strings.HasPrefix(path, "/") {
			return &PolicyError{"Paths", path, errors.New("it has to begin with a slash")}
		}
		u, err := fetch.ParseURL(nil, pl.server+path)
		if err != nil {
			return &PolicyError{"Paths", path, err}
		}
		pl.urls = append(pl.urls, u)
	}
	return nil
}

// stranger is an origin that no policy lists.
const stranger = "https://stranger.example"

func (pl *plan) planOrigins() error {
	if len(pl.Origins) == 0 {
		return &PolicyError{"Origins", "", errors.New("there is none")}
	}
	pl.any = slices.Contains(pl.Origins, anyOrigin)
	for _, s := range pl.Origins {
		if s == anyOrigin {
			s = stranger
		}
		o, err := fetch.ParseOrigin(s)
		if err != nil {
			return &PolicyError{"Origins", s, err}
		}
		if o.String() == pl.server {
			return &PolicyError{"Origins", s, errors.New("it is the server's own, which needs no CORS")}
		}
		pl.origins = append(pl.origins, o.String())
	}
	for _, s := range pl.DenyOrigins {
		o, err := fetch.ParseOrigin(s)
		if err != nil {
			return &PolicyError{"DenyOrigins", s, err}
		}
		if pl.any || slices.Contains(pl.origins, o.String()) {
			return &PolicyError{"DenyOrigins", s, errors.New("it is among Origins")}
		}
		pl.deny(o.String())
	}
	if pl.any {
		return nil
	}
	pl.deny(stranger)
	pl.deny("null")
	for _, o := range slices.Clone(pl.origins) {
		for _, s := range lookalikes(o) {
			pl.deny(s)
		}
	}
	return nil
}

// deny adds an origin to those that must not be allowed, unless it is.
func (pl *plan) deny(origin string) {
	if origin != pl.server && !slices.Contains(pl.origins, origin) && !slices.Contains(pl.denied, origin) {
		pl.denied = append(pl.denied, origin)
	}
}

// lookalikes returns origins that careless comparisons take for origin: those that
// look at its beginning, its end, its host or any subdomain, and regular
// expressions whose dots are not escaped.
func lookalikes(origin string) []string {
	scheme, hostport, ok := strings.Cut(origin, "://")
	if !ok || strings.HasPrefix(hostport, "[") {
		return nil
	}
	host, port, hasPort := strings.Cut(hostport, ":")
	if hasPort {
		port = ":" + port
	}
	otherScheme := map[string]string{"https": "http", "http": "https"}[scheme]
	otherPort := ":8443"
	if hasPort {
		otherPort = port + "0"
	}
	candidates := []string{
		scheme + "://" + host + ".evil.example" + port, // a prefix is compared
		scheme + "://evil" + host + port,               // a suffix is compared
		scheme + "://evil." + host + port,              // any subdomain is taken
		scheme + "://" + host + otherPort,              // the port is not compared
	}
	if otherScheme != "" {
		candidates = append(candidates, otherScheme+"://"+host+port) // the scheme is not compared
	}
	if dot := strings.LastIndexByte(host, '.'); dot > 0 {
		candidates = append(candidates, scheme+"://"+host[:dot]+"x"+host[dot+1:]+port) // a dot in a pattern
	}
	var out []string
	for _, c := range candidates {
		// A host that is an address has no such relatives, and a port no zero more.
		if o, err := fetch.ParseOrigin(c); err == nil {
			out = append(out, o.String())
		}
	}
	return out
}

func methods(field string, list []string) ([]string, error) {
	var out []string
	for _, m := range list {
		if !httpguts.ValidHeaderFieldName(m) || fetch.ForbiddenMethod(m) {
			return nil, &PolicyError{field, m, errors.New("no page can send this method")}
		}
		out = append(out, fetch.NormalizeMethod(m))
	}
	return out, nil
}

func headers(field string, list []string) ([]http.Header, error) {
	var out []http.Header
	for _, line := range list {
		name, value, ok := strings.Cut(line, ":")
		value = header.Normalize(value)
		if !ok {
			value = defaultValue(name)
		}
		if !httpguts.ValidHeaderFieldName(name) || !header.ValidValue(value) || header.ForbiddenRequest(name, value) {
			return nil, &PolicyError{field, line, errors.New("no page can send this header")}
		}
		out = append(out, http.Header{http.CanonicalHeaderKey(name): {value}})
	}
	return out, nil
}

// defaultValue is the value of a request header in a check.
func defaultValue(name string) string {
	switch strings.ToLower(name) {
	case "authorization":
		return "Bearer fetchtest"
	case "content-type":
		return "application/json"
	case "accept", "accept-language", "content-language":
		return "*"
	case "range":
		return "bytes=0-"
	}
	return "fetchtest"
}
