package main

import (
	"context"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
)

// redirectHome turns POST into GET on the way.
func redirectHome(s *session, i uint64) error {
	home := s.home(i)
	p := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(home)}}
	req := s.newRequest(context.Background(), http.MethodPost, to(home, http.StatusFound, "/echo"), hello, "Content-Type", "text/plain")
	return want{fetch.TypeBasic, 200, []byte("GET ")}.check(s.client.Fetch(req, p))
}

// redirectTainted goes from one server to another, which must not learn who asks.
func redirectTainted(s *session, i uint64) error {
	req := s.get(to(s.api(i), http.StatusFound, s.scheme+"://other.test/origin"))
	return want{fetch.TypeCORS, 200, []byte("null")}.check(s.client.Fetch(req, &fetch.Params{Environment: s.page(i)}))
}

// redirectWithBody sends its body twice, each time after a preflight.
func redirectWithBody(s *session, i uint64) error {
	req := s.put(to(s.api(i), http.StatusTemporaryRedirect, s.scheme+"://other.test/echo"+query(i)))
	return want{fetch.TypeCORS, 200, append([]byte("PUT "), hello...)}.check(s.client.Fetch(req, &fetch.Params{Environment: s.page(i)}))
}

func redirectWithoutBody(s *session, i uint64) error {
	home := s.home(i)
	p := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin(home)}}
	req := s.newRequest(context.Background(), http.MethodPost, to(home, http.StatusTemporaryRedirect, "/echo"), hello)
	req.GetBody = nil
	resp, err := s.client.Fetch(req, p)
	return fails(resp, err, fetch.ReasonRedirectBody)
}

func redirectMode(s *session, i uint64) error {
	req := s.get(to(s.api(i), http.StatusFound, "/star"))
	p := &fetch.Params{Environment: s.page(i), Redirect: fetch.RedirectError}
	if i%2 == 0 {
		resp, err := s.client.Fetch(req, p)
		return fails(resp, err, fetch.ReasonRedirectMode)
	}
	p.Redirect = fetch.RedirectManual
	return want{fetch.TypeOpaqueRedirect, 0, nil}.check(s.client.Fetch(req, p))
}

func redirectEndless(s *session, i uint64) error {
	resp, err := s.client.Fetch(s.get(s.api(i)+"/loop"+query(i)), &fetch.Params{Environment: s.page(i)})
	return fails(resp, err, fetch.ReasonRedirectCount)
}
