package fetch

import "fmt"

// Mode is a request mode. The zero value is fetch()'s default. Modes are not
// strings, so that a string passed by a page cannot turn into [ModeNavigate].
//
// See https://fetch.spec.whatwg.org/#concept-request-mode.
type Mode uint8

const (
	// ModeCORS allows any URL: responses of other origins are subject to the
	// CORS check, and requests that need one to a preflight.
	ModeCORS Mode = iota

	// ModeNoCORS allows any URL, with safelisted methods and headers only;
	// responses of other origins are opaque.
	ModeNoCORS

	// ModeSameOrigin refuses every URL of another origin.
	ModeSameOrigin

	// ModeNavigate is the mode of page loads. Nothing is checked, and nothing
	// but cookies is filtered. It is not available to scripts.
	ModeNavigate

	// ModeWebSocket is the mode of WebSocket handshakes, which are GET requests
	// without referrer and caching. Origin is always sent and nothing is
	// checked: that is up to the server. If the status is 101, the body of the
	// response is the connection, an [io.ReadWriteCloser]; otherwise it is
	// empty. The mode is not available to scripts.
	ModeWebSocket
)

var modeNames = [...]string{"cors", "no-cors", "same-origin", "navigate", "websocket"}

// ParseMode converts the mode member of a script's RequestInit; "" is the
// default. Like the Request constructor, it refuses "navigate" and "websocket".
//
// See https://fetch.spec.whatwg.org/#dom-request.
func ParseMode(s string) (Mode, error) {
	for m := ModeCORS; m < ModeNavigate; m++ {
		if s == modeNames[m] {
			return m, nil
		}
	}
	if s == "" {
		return ModeCORS, nil
	}
	return 0, fmt.Errorf("fetch: %q is not a request mode that a script may set", s)
}

// String returns the value used in Sec-Fetch-Mode, such as "no-cors".
func (m Mode) String() string { return enumName(modeNames[:], m) }

func (m Mode) valid() bool { return int(m) < len(modeNames) }

// Credentials is a credentials mode. The zero value is fetch()'s default.
//
// Navigations and WebSocket handshakes are always of the origin that they go to,
// so for them CredentialsSameOrigin means the same as CredentialsInclude.
//
// See https://fetch.spec.whatwg.org/#concept-request-credentials-mode.
type Credentials uint8

const (
	CredentialsSameOrigin Credentials = iota
	CredentialsOmit
	CredentialsInclude
)

var credentialsNames = [...]string{"same-origin", "omit", "include"}

// ParseCredentials converts the credentials member of a script's RequestInit; ""
// is the default.
func ParseCredentials(s string) (Credentials, error) {
	return parseEnum[Credentials]("credentials mode", credentialsNames[:], s)
}

// String returns "same-origin", "omit" or "include".
func (c Credentials) String() string { return enumName(credentialsNames[:], c) }

func (c Credentials) valid() bool { return int(c) < len(credentialsNames) }

// Redirect is a redirect mode. The zero value is fetch()'s default.
//
// See https://fetch.spec.whatwg.org/#concept-request-redirect-mode.
type Redirect uint8

const (
	RedirectFollow Redirect = iota
	RedirectError
	RedirectManual
)

var redirectNames = [...]string{"follow", "error", "manual"}

// ParseRedirect converts the redirect member of a script's RequestInit; "" is
// the default.
func ParseRedirect(s string) (Redirect, error) {
	return parseEnum[Redirect]("redirect mode", redirectNames[:], s)
}

// String returns "follow", "error" or "manual".
func (r Redirect) String() string { return enumName(redirectNames[:], r) }

func (r Redirect) valid() bool { return int(r) < len(redirectNames) }

// Cache is a cache mode. The zero value is fetch()'s default.
//
// The engine has no HTTP cache: one can be part of [Client.Base], and finds the
// mode in the request's Params. The engine sends the Cache-Control and Pragma
// that the standard prescribes.
//
// See https://fetch.spec.whatwg.org/#concept-request-cache-mode.
type Cache uint8

const (
	CacheDefault Cache = iota
	CacheNoStore
	CacheReload
	CacheNoCache
	CacheForceCache

	// CacheOnlyIfCached asks for a response from a cache, and is available with
	// [ModeSameOrigin] only.
	CacheOnlyIfCached
)

var cacheNames = [...]string{"default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"}

// ParseCache converts the cache member of a script's RequestInit; "" is the
// default.
func ParseCache(s string) (Cache, error) {
	return parseEnum[Cache]("cache mode", cacheNames[:], s)
}

// String returns the name that RequestInit has for c, such as "no-store".
func (c Cache) String() string { return enumName(cacheNames[:], c) }

func (c Cache) valid() bool { return int(c) < len(cacheNames) }

func parseEnum[T ~uint8](what string, names []string, s string) (T, error) {
	if s == "" {
		return 0, nil
	}
	for i, name := range names {
		if s == name {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("fetch: %q is not a %s", s, what)
}

func enumName[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("invalid(%d)", v)
}
