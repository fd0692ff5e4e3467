package fetch

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/redirect"
	"github.com/corsengine/corsengine/internal/site"
)

// An authKey identifies an authentication entry: entries are neither shared
// between origins nor between top-level sites.
type authKey struct{ partition, origin string }

// maxAuthEntries bounds the authentication entries of a [Client].
const maxAuthEntries = 1024

// authEntries are a client's authentication entries: Authorization values that
// servers have accepted.
//
// When half of them are new or have been used again, the others are forgotten as a
// whole, which may cost a prompt. To remove one for each that comes would be fairer,
// but a map in which keys come and go keeps growing although it has no more of them.
//
// See https://fetch.spec.whatwg.org/#authentication-entry.
type authEntries struct {
	some atomic.Bool // whether there has ever been one, which in most clients there has not

	mu         sync.Mutex // guards the fields below
	young, old map[authKey]string
}

func (a *authEntries) get(k authKey) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if value, ok := a.young[k]; ok {
		return value
	}
	value, ok := a.old[k]
	if ok {
		a.put(k, value) // what is in use is not forgotten
	}
	return value
}

// set stores an entry.
func (a *authEntries) set(k authKey, value string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(k, value)
	a.some.Store(true)
}

// put makes an entry a young one. Precondition: a.mu is locked.
func (a *authEntries) put(k authKey, value string) {
	if _, ok := a.young[k]; !ok && len(a.young) >= maxAuthEntries/2 {
		a.old, a.young = a.young, nil
	}
	if a.young == nil {
		a.young = make(map[authKey]string)
	}
	a.young[k] = value
	delete(a.old, k) // or it would come back when this one is forgotten
}

// forget removes an entry that a server does not accept, unless it is another one
// by now.
func (a *authEntries) forget(k authKey, value string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range []map[authKey]string{a.young, a.old} {
		if m[k] == value {
			delete(m, k)
		}
	}
}

// clear removes all entries.
func (a *authEntries) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.young, a.old = nil, nil
}

// ClearAuthentication forgets the answers to 401 that servers have accepted, as
// should be done when the user has cookies cleared.
//
// See https://fetch.spec.whatwg.org/#authentication-entry.
func (c *Client) ClearAuthentication() { c.entries.clear() }

// authKey returns the key of the hop's entry. A top-level page that a navigation
// leads to is its own top-level site, whoever has navigated.
func (f *state) authKey() authKey {
	origin := f.url.Origin()
	if f.env == nil || f.isTopLevel() {
		return authKey{site.Of(f.list, origin), origin}
	}
	return authKey{f.env.partition(f.list), origin}
}

// addAuthentication adds the Authorization of an earlier answer to a request
// with credentials whose author sets none. A navigation whose URL has userinfo
// brings its own.
func (f *state) addAuthentication(h http.Header) {
	if has(f.author, "Authorization") || f.params.Mode == ModeNavigate && f.url.HasCredentials() || !f.client.entries.some.Load() {
		return
	}
	if value := f.client.entries.get(f.authKey()); value != "" {
		h["Authorization"] = []string{value}
	}
}

// authenticate answers a 401, once or, after the built-in answer, twice. It
// returns the response that counts in the end.
//
// See https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch.
func (f *state) authenticate(x *exchange, resp *http.Response) (*http.Response, *NetworkError) {
	if sent := x.header["Authorization"]; len(sent) == 1 {
		f.client.entries.forget(f.authKey(), sent[0])
	}
	for _, ask := range []func(*http.Response) (string, error){f.builtInAnswer, f.hookAnswer} {
		if !f.challenged(resp) {
			break
		}
		if f.bodyKind == redirect.Consumed && f.canAnswer(resp) {
			discard(resp)
			return nil, f.failBecause(ReasonTransport, errors.New("a 401 asks for the body once more, and Request.GetBody is nil"))
		}
		value, err := ask(resp)
		if err != nil {
			discard(resp)
			return nil, f.failBecause(ReasonTransport, fmt.Errorf("authentication: %w", err))
		}
		if value == "" {
			continue
		}
		if !header.ValidValue(value) {
			discard(resp)
			return nil, f.failBecause(ReasonTransport, errors.New("the hook Authenticate returned what is no header value"))
		}
		var nerr *NetworkError
		if resp, nerr = f.resend(x, resp, value); nerr != nil {
			return nil, nerr
		}
		if resp.StatusCode != http.StatusUnauthorized {
			f.remember(value)
		}
	}
	return resp, nil
}

// challenged reports whether resp asks for what the user could be asked for, and
// the author has not answered already.
func (f *state) challenged(resp *http.Response) bool {
	return resp.StatusCode == http.StatusUnauthorized && f.credentials && f.tainting != taintCORS &&
		len(asciix.Lines(f.author, "Authorization")) == 0
}

// canAnswer reports whether there may be an answer to a challenge.
func (f *state) canAnswer(resp *http.Response) bool {
	builtIn, _ := f.builtInAnswer(resp)
	return builtIn != "" || f.client.Authenticate != nil
}

// remember keeps an accepted Authorization value for later if it is one that can
// be used again.
func (f *state) remember(value string) {
	if scheme, _, _ := strings.Cut(value, " "); asciix.EqualFold(scheme, "Basic") {
		f.client.entries.set(f.authKey(), value)
	}
}

// builtInAnswer is the answer to a request for Basic authentication that the URL
// of a navigation brings with it.
func (f *state) builtInAnswer(resp *http.Response) (string, error) {
	if f.params.Mode != ModeNavigate || !asksForBasic(resp.Header) {
		return "", nil
	}
	if !f.url.HasCredentials() || len(asciix.Lines(f.sent.Header, "Authorization")) > 0 {
		return "", nil
	}
	return basicAuthorization(f.url.Net().User), nil
}

func (f *state) hookAnswer(resp *http.Response) (string, error) {
	if f.client.Authenticate == nil {
		return "", nil
	}
	req := f.sent.Clone(f.ctx)
	req.URL = new(*f.target) // with its userinfo, which is not for Base
	return f.client.Authenticate(req, asciix.Lines(resp.Header, "WWW-Authenticate"))
}

// asksForBasic reports whether a challenge of WWW-Authenticate has the scheme
// Basic. A challenge begins where an element of the list is a token, alone or
// followed by a space and not by an equals sign, as parameters are.
//
// See https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1.
func asksForBasic(h http.Header) bool {
	var buf [4]string
	for _, element := range header.Split(buf[:0], h, "WWW-Authenticate") {
		scheme, rest, _ := strings.Cut(element, " ")
		if asciix.EqualFold(scheme, "Basic") && !strings.HasPrefix(asciix.Trim(rest), "=") {
			return true
		}
	}
	return false
}

// basicAuthorization returns the Authorization value for user.
func basicAuthorization(user *url.Userinfo) string {
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}
