package interop

import (
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// authorized wraps next as oauth2.Config.Client does.
func authorized(next http.RoundTripper) http.RoundTripper {
	return &oauth2.Transport{
		Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "secret"}),
		Base:   next,
	}
}

// Above the engine, the token is a header of the page: preflighted, and removed
// when a redirect leads to another origin. Below, it is on everything that is sent,
// preflights and strangers included; for the preflights there is Client.Anonymous.
//
// Sources: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name;
// https://fetch.spec.whatwg.org/#http-redirect-fetch, where the origin changes;
// the documentation of oauth2.Transport: it adds the header to outgoing requests.
func TestOAuth2(t *testing.T) {
	above := func(n *fetchtest.Network, p *fetch.Params) http.RoundTripper {
		return authorized((&fetch.Client{Base: n}).Transport(p))
	}
	below := func(n *fetchtest.Network, p *fetch.Params) http.RoundTripper {
		return (&fetch.Client{Base: authorized(n)}).Transport(p)
	}
	anonymous := func(n *fetchtest.Network, p *fetch.Params) http.RoundTripper {
		return (&fetch.Client{Base: authorized(n), Anonymous: n}).Transport(p)
	}
	const preflight, request = "OPTIONS " + api + "/ (preflight)", "GET " + api + "/"
	redirect := allowing("authorization", http.RedirectHandler(other+"/", http.StatusFound).ServeHTTP)
	include := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", app)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Headers", "x-custom")
	}
	tests := []struct {
		name        string
		order       func(*fetchtest.Network, *fetch.Params) http.RoundTripper
		host        http.Handler
		header      string // of the request
		credentials fetch.Credentials
		reason      fetch.Reason
		want        []string
		wantToken   []string // requests with it
	}{
		{"above", above, allowing("authorization", hello), "", 0, "",
			[]string{preflight, request}, []string{request}},
		{"above, of a server that grants *", above, allowing("*", hello), "", 0, fetch.ReasonAuthorization,
			[]string{preflight}, nil},
		{"above, redirected", above, redirect, "", 0, "",
			[]string{preflight, request, "GET " + other + "/"}, []string{request}},
		{"below, redirected: a stranger gets the token", below, redirect, "", 0, "",
			[]string{request, "GET " + other + "/"}, []string{request, "GET " + other + "/"}},
		{"below: the preflight has the token", below, http.HandlerFunc(include), "X-Custom", fetch.CredentialsInclude, "",
			[]string{preflight, request}, []string{preflight, request}},
		{"below, with Anonymous", anonymous, http.HandlerFunc(include), "X-Custom", fetch.CredentialsInclude, "",
			[]string{preflight, request}, []string{request}},
		{"below, with Anonymous, without credentials", anonymous, allowing("x-custom", hello), "X-Custom", 0, "",
			[]string{preflight, request}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: tt.host, other: readable(hello)})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.header != "" {
				req.Header.Set(tt.header, "1")
			}
			params := &fetch.Params{Environment: page, Credentials: tt.credentials}
			resp, err := (&http.Client{Transport: tt.order(network, params)}).Do(req)
			if tt.reason != "" {
				wantRefused(t, err, tt.reason)
			} else if err != nil {
				t.Fatal(err)
			} else {
				resp.Body.Close()
			}
			network.WantRequests(t, tt.want...)
			var withToken []string
			for _, x := range network.Exchanges() {
				if x.Header.Get("Authorization") != "" {
					withToken = append(withToken, x.String())
				}
			}
			wantEqual(t, "requests with the token", withToken, tt.wantToken)
		})
	}
}
