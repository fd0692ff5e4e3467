package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
)

func sameOriginGET(s *session, i uint64) error {
	home := s.home(i)
	env := &fetch.Environment{Origin: fetch.MustParseOrigin(home)}
	resp, err := s.client.Fetch(s.get(home+"/plain"+query(i)), &fetch.Params{Environment: env})
	if err == nil && resp.Header["X-Secret"] == nil {
		resp.Body.Close()
		return fmt.Errorf("a header of the own origin is withheld")
	}
	return want{fetch.TypeBasic, 200, hello}.check(resp, err)
}

func crossOriginGET(s *session, i uint64) error {
	resp, err := s.client.Fetch(s.get(s.api(i)+"/star"+query(i)), &fetch.Params{Environment: s.page(i)})
	if err == nil && (resp.Header["X-Secret"] != nil || resp.Header["Content-Type"] == nil) {
		resp.Body.Close()
		return fmt.Errorf("header %v is not filtered as it should be", resp.Header)
	}
	return want{fetch.TypeCORS, 200, hello}.check(resp, err)
}

func credentialedGET(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Credentials: fetch.CredentialsInclude}
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(s.get(s.api(i)+"/mirror"+query(i)), p))
}

// put returns a request that needs a preflight for its method and for X-A.
func (s *session) put(url string) *http.Request {
	return s.newRequest(context.Background(), http.MethodPut, url, hello, "X-A", "1")
}

func coldPUT(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i)}
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(s.put(s.api(i)+"/grant"+query(i)), p))
}

// warmPUT has few keys, each used often enough that the cache does not give it up.
func warmPUT(s *session, i uint64) error {
	k := scramble(i) % s.warmKeys
	p := &fetch.Params{Environment: s.page(k)}
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(s.put(s.api(k)+"/grant?warm"), p))
}

func credentialedPUT(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Credentials: fetch.CredentialsInclude}
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(s.put(s.api(i)+"/mirror-grant"+query(i)), p))
}

// streamingPOST needs a preflight because of its body alone.
func streamingPOST(s *session, i uint64) error {
	req := s.newRequest(context.Background(), http.MethodPost, s.api(i)+"/grant"+query(i), hello)
	req.GetBody = nil
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(req, &fetch.Params{Environment: s.page(i)}))
}

// failedChecks are the ways to fail the CORS check.
//
// See https://fetch.spec.whatwg.org/#concept-cors-check.
var failedChecks = []struct {
	path        string
	credentials fetch.Credentials
	reason      fetch.Reason
}{
	{"/plain", fetch.CredentialsSameOrigin, fetch.ReasonMissingAllowOrigin},
	{"/twice", fetch.CredentialsSameOrigin, fetch.ReasonMultipleAllowOrigin},
	{"/other", fetch.CredentialsSameOrigin, fetch.ReasonOriginMismatch},
	{"/star", fetch.CredentialsInclude, fetch.ReasonWildcardCredentials},
	{"/no-credentials", fetch.CredentialsInclude, fetch.ReasonCredentials},
}

func failedCheck(s *session, i uint64) error {
	c := failedChecks[i%uint64(len(failedChecks))]
	p := &fetch.Params{Environment: s.page(i), Credentials: c.credentials}
	resp, err := s.client.Fetch(s.get(s.api(i)+c.path+query(i)), p)
	return fails(resp, err, c.reason)
}

// failedPreflights are the ways for a preflight to fail that are its own.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
var failedPreflights = []struct {
	path   string
	header string
	reason fetch.Reason
}{
	{"/refuse", "X-A", fetch.ReasonPreflightStatus},
	{"/bad-list", "X-A", fetch.ReasonPreflightMalformed},
	{"/no-method", "X-A", fetch.ReasonMethodNotAllowed},
	{"/no-header", "X-A", fetch.ReasonHeaderNotAllowed},
	{"/listed-by-star", "Authorization", fetch.ReasonAuthorization},
}

func failedPreflight(s *session, i uint64) error {
	c := failedPreflights[i%uint64(len(failedPreflights))]
	req := s.newRequest(context.Background(), http.MethodPut, s.api(i)+c.path+query(i), hello, c.header, "1")
	resp, err := s.client.Fetch(req, &fetch.Params{Environment: s.page(i)})
	return fails(resp, err, c.reason)
}

func opaqueGET(s *session, i uint64) error {
	p := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.OpaqueOrigin()}}
	return want{fetch.TypeCORS, 200, []byte("null")}.check(s.client.Fetch(s.get(s.api(i)+"/origin"+query(i)), p))
}

// opaquePUT has a network partition that nobody will ever ask for again.
func opaquePUT(s *session, i uint64) error {
	p := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.OpaqueOrigin()}}
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(s.put(s.api(i)+"/grant"+query(i)), p))
}
