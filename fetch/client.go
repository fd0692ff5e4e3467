package fetch

import (
	"errors"
	"hash/maphash"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/decode"
	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/preflightcache"
)

// A Client performs fetches. Its zero value is usable: no cookies, a private
// in-memory preflight cache, http.DefaultTransport. A Client must not be copied
// or modified after first use and is safe for concurrent use.
type Client struct {
	// Base sends one request and returns one response: no redirects, no
	// cookies. It must not be an *http.Client in disguise, and must not write to
	// a request's URL, which the response has too, or to the values of its header,
	// which many requests have in common. Each response it returns is the engine's
	// to change, and the body may be closed while it is being read. The URLs it
	// gets have neither userinfo nor fragment. Nil means http.DefaultTransport.
	//
	// Tracing, retries, rate limiting and HTTP caches go here. What adds a
	// header outside the engine, such as traceparent, makes every cross-origin
	// request one with a preflight, and what retries there repeats fetches that
	// were refused. A cache has to honour Vary: Origin.
	Base http.RoundTripper

	// Anonymous, if not nil, sends the requests that must not carry
	// credentials, preflights included. Set it if Base presents TLS client
	// certificates or adds authentication.
	Anonymous http.RoundTripper

	// Jar holds cookies. Set it here and leave [http.Client.Jar] nil; see
	// [Transport]. Nil means that cookies are neither sent nor stored.
	//
	// A [cookiejar.Jar] does not consult the SameSite attribute: cookies with
	// Lax and Strict are sent across sites, as plain net/http does. A Jar that
	// implements [SameSiteJar] gets SameSite right.
	Jar http.CookieJar

	// Preflights caches grants. Nil means a new [preflightcache.Memory].
	Preflights preflightcache.Cache

	// CoalescePreflights sends preflights that are equal and under way at the same
	// time once. Equal are those that a server cannot tell apart and whose answers
	// are judged alike: they have the same partition, origin and URL, the same
	// header (in which are the method and the unsafe header names, but also the
	// referrer, the destination and the user agent), and both or neither have
	// credentials mode include, and the use-CORS-preflight flag. The first fetch
	// sends the preflight; the others wait for the response. To a fetch that comes
	// after the response it is worth what the cache makes of it.
	//
	// A response is shared, be it a grant or a refusal: every fetch judges it for
	// itself and makes its own error, and the first stores the grant. Without a
	// response, no fetch fails because another one has. If the first is aborted,
	// refused by CheckRequest or panics, one of those who wait sends its own
	// preflight and the rest waits for that, though not more than three times. If
	// Base fails, each of them sends its own at once. A fetch whose context ends
	// stops waiting, unnoticed by the others. A server that does not answer holds
	// up all of them, so that Base should have timeouts.
	//
	// CheckRequest is asked about the preflight of each fetch, also if it waits for
	// another one's, and again if it sends its own after that. A preflight that is
	// not sent is none for Logger, [Trace.Request] and [Trace.Response]; the other
	// hooks are called as usual, see [PreflightInfo.Shared].
	//
	// Base gets the context of the first fetch, with its Params. Do not set
	// CoalescePreflights if where Base sends a preflight, or how, depends on them.
	// A fetch by CheckRequest, a Trace or Base itself, before it returns, could wait
	// for the very preflight that it is a part of. With the context of the request
	// it does not: such a fetch sends its own. No goroutine is started, and memory
	// is bounded by the number of preflights under way at a time.
	//
	// Deviation: The standard sends a preflight for each request that the cache does
	// not cover. Which of two requests that overlap a server sees first is up to
	// chance, so that the answer to one is an answer that the other could have got.
	//
	// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
	CoalescePreflights bool

	// PublicSuffixList decides what is same-site. Nil means publicsuffix.List.
	PublicSuffixList cookiejar.PublicSuffixList

	// UserAgent is sent unless the request has its own. It does not cause
	// preflights. "" means net/http's default.
	UserAgent string

	// Decoders maps further content codings ("br", "zstd") to decoders; gzip
	// and deflate are built in. The keys extend Accept-Encoding, and have to be
	// lowercase. A decoder must be safe for concurrent use, and reads from r
	// until the result is closed.
	Decoders map[string]func(r io.Reader) (io.ReadCloser, error)

	// MaxIntegrityBytes limits how much of a body is kept in memory to check
	// [Params.Integrity]. Zero means 64 MiB.
	MaxIntegrityBytes int64

	// Schemes fetches URLs of further schemes, such as "blob" or "file", for
	// requests whose mode or origin allows it. The keys are lowercase. The
	// engine itself fetches http, https, data and about:blank.
	//
	// A URL with a host whose scheme is a key has a tuple origin, such as
	// "wails://wails", so that pages of an application can fetch from their
	// own origin. Redirects from or to these schemes are not followed, and
	// cookies neither sent nor stored.
	//
	// Pages of every origin reach these schemes with mode no-cors, and so do
	// navigations. The request does not say who asks: a RoundTripper that is
	// not for everybody finds that in the Params in its context, and has to
	// refuse. But "file" is reached by pages that are files, as their URL says,
	// and by navigations without initiator only.
	Schemes map[string]http.RoundTripper

	// Authenticate, if not nil, is asked for an Authorization value when a
	// server answers 401 to a request with credentials whose response tainting
	// is not cors. challenges are the values of WWW-Authenticate. If it returns
	// "", the 401 is the response; an error fails the fetch with
	// ReasonTransport. A Basic answer
	// that the server accepts is used again for the same origin and top-level
	// site. For a navigation to a URL with a username and password the built-in
	// answer comes first. Authorization that the request's author has set is
	// not replaced.
	//
	// The hook may keep and modify req, is called by several goroutines at once,
	// and should return when req's context ends. Cookies of the 401 are stored
	// in Jar only.
	//
	// Deviation: Whether an answer is used again does not depend on the realm.
	Authenticate func(req *http.Request, challenges []string) (authorization string, err error)

	// ResolveURL parses a Location value, whose bytes beyond ASCII are already
	// percent-encoded. What it returns has to be a URL to the URL Standard, too.
	// Nil means [ParseURL].
	ResolveURL func(base *url.URL, ref string) (*url.URL, error)

	// CheckRequest, if not nil, is called before every request that would go
	// on the wire, preflights and redirect hops included, and stops the fetch
	// by returning an error. It must not modify req, nor read its body, and is
	// called by several goroutines at once. Mixed content, CSP, robots.txt and
	// SSRF rules go here.
	CheckRequest func(req *http.Request, p *Params) error

	// Logger receives one record per blocked fetch at level Info and one per
	// preflight at Debug. Nil means no logging.
	Logger *slog.Logger

	// Now returns the current time, for the private preflight cache. Nil means
	// time.Now.
	Now func() time.Time

	once     sync.Once              // guards the setting of the fields below
	memory   *preflightcache.Memory // in place of a nil Preflights
	suffixes *site.Cache            // in front of PublicSuffixList
	codings  string                 // Accept-Encoding
	invalid  error                  // what is wrong with the fields above, if anything

	routes    routes
	flights   flights
	keepalive keepaliveBytes
	entries   authEntries
}

// Transport returns a RoundTripper that fetches with the Params found in the
// request's context, or else with p. If both are missing, it refuses.
func (c *Client) Transport(p *Params) *Transport { return &Transport{Client: c, Params: p} }

func (c *Client) base() http.RoundTripper {
	if c.Base != nil {
		return c.Base
	}
	return http.DefaultTransport
}

// anonymous returns what sends requests without credentials.
func (c *Client) anonymous() http.RoundTripper {
	if c.Anonymous != nil {
		return c.Anonymous
	}
	return c.base()
}

func (c *Client) preflights() preflightcache.Cache {
	if c.Preflights != nil {
		return c.Preflights
	}
	return c.memory
}

// init sets what is not for the user to set. It is called, once, before anything
// else.
func (c *Client) init() {
	c.routes.seed = maphash.MakeSeed()
	c.memory = preflightcache.New(&preflightcache.Options{Now: c.Now})
	list := c.PublicSuffixList
	if list == nil {
		list = publicsuffix.List
	}
	c.suffixes = site.NewCache(list)
	if c.invalid = decode.CheckDecoders(c.Decoders); c.invalid != nil {
		return
	}
	c.codings = decode.AcceptEncoding(c.Decoders)
	for scheme := range c.Schemes {
		if scheme != asciix.Lower(scheme) {
			c.invalid = errors.New("Client.Schemes: not in lowercase: " + quote(scheme))
		}
	}
}
