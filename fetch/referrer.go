package fetch

import (
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/internal/asciix"
	"github.com/corsengine/corsengine/internal/metadata"
	"github.com/corsengine/corsengine/internal/referrer"
	"github.com/corsengine/corsengine/internal/weburl"
)

// acceptReferrer sets the request's referrer and referrer policy.
//
// See https://fetch.spec.whatwg.org/#dom-request.
func (f *state) acceptReferrer() *NetworkError {
	policy := referrer.Policy(f.params.ReferrerPolicy)
	if f.env == nil {
		f.policy = policy.Effective("")
		return nil
	}
	f.policy = policy.Effective(referrer.Policy(f.env.ReferrerPolicy))
	if f.params.Mode == ModeWebSocket {
		return nil // a handshake has no referrer, whatever the page wants
	}
	switch f.params.Referrer {
	case "", "about:client":
	case NoReferrer:
		return nil
	default:
		u, err := weburl.Parse(f.params.Referrer, nil)
		if err != nil {
			return f.invalid("", fmt.Errorf("Params.Referrer is no absolute URL: %w", err))
		}
		if u.Origin() == f.tupleOrigin() {
			f.referrer = u.String()
			return nil
		}
	}
	if f.env.URL == nil {
		return nil
	}
	u, err := weburl.FromNet(f.env.URL)
	if err != nil {
		return f.invalid("", fmt.Errorf("Environment.URL is no URL: %w", err))
	}
	f.referrer = referrer.ClientSource(f.tupleOrigin(), u.String())
	return nil
}

// determineReferrer sets what a hop to a URL of the given origin, and those after
// it, learn of the request's referrer.
//
// See https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer.
func (f *state) determineReferrer(current string) {
	if f.referrer != "" {
		f.referrer = referrer.Determine(f.policy, f.referrer, current)
	}
}

// redirectPolicy applies the Referrer-Policy of a redirect response.
func (f *state) redirectPolicy(resp *http.Response) {
	f.policy = f.policy.Redirected(asciix.Lines(resp.Header, "Referrer-Policy"))
}

// originHeader returns the value of Origin, or "" if the hop's request has none.
//
// See https://fetch.spec.whatwg.org/#append-a-request-origin-header.
func (f *state) originHeader() string {
	return referrer.OriginHeader(referrer.OriginRequest{
		Origin:  f.tupleOrigin(),
		Taint:   f.taint,
		Method:  f.method,
		Mode:    f.params.Mode.String(),
		Policy:  f.policy,
		Current: f.origin,
		CORS:    f.tainting == taintCORS,
	})
}

// addMetadata adds the fetch metadata headers for a request of the given mode,
// which a preflight does not share with the request it is for.
//
// See https://w3c.github.io/webappsec-fetch-metadata/#fetch-integration.
func (f *state) addMetadata(b *headerBuilder, m Mode) {
	h := metadata.For(metadata.Request{
		Site:           f.site,
		Mode:           m.String(),
		Destination:    string(f.params.Destination),
		UserActivation: f.params.UserActivation,
	}, f.origin)
	if h.Site == "" {
		return
	}
	b.set("Sec-Fetch-Site", h.Site)
	b.set("Sec-Fetch-Mode", h.Mode)
	b.set("Sec-Fetch-Dest", h.Dest)
	if h.User != "" && m == ModeNavigate {
		b.set("Sec-Fetch-User", h.User)
	}
}
