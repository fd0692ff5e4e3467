package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"

	"github.com/corsengine/corsengine/fetch"
)

func gzipped(s *session, i uint64) error {
	resp, err := s.client.Fetch(s.get(s.api(i)+"/gzip"+query(i)), &fetch.Params{Environment: s.page(i)})
	return want{fetch.TypeCORS, 200, long}.check(resp, err)
}

func gzippedWrong(s *session, i uint64) error {
	resp, err := s.client.Fetch(s.get(s.api(i)+"/gzip-wrong"+query(i)), &fetch.Params{Environment: s.page(i)})
	return breaks(resp, err)
}

// breaks checks that a response is fine and reading its body fails.
func breaks(resp *fetch.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		return fmt.Errorf("the body ends well after %d bytes", n)
	}
	return nil
}

var (
	digestOfHello = digest(hello)
	digestOfLong  = digest(long)
)

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func integrity(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Integrity: digestOfHello}
	return want{fetch.TypeCORS, 200, hello}.check(s.client.Fetch(s.get(s.api(i)+"/star"+query(i)), p))
}

func integrityWrong(s *session, i uint64) error {
	p := &fetch.Params{Environment: s.page(i), Integrity: digestOfLong}
	resp, err := s.client.Fetch(s.get(s.api(i)+"/star"+query(i)), p)
	return fails(resp, err, fetch.ReasonIntegrity)
}

func nullBody(s *session, i uint64) error {
	method, path, status := http.MethodHead, "/star", http.StatusOK
	if i%2 == 0 {
		method, path, status = http.MethodGet, "/none", http.StatusNoContent
	}
	req := s.newRequest(context.Background(), method, s.api(i)+path+query(i), nil)
	return want{fetch.TypeCORS, status, nil}.check(s.client.Fetch(req, &fetch.Params{Environment: s.page(i)}))
}

// abandonedBody is closed before its end, or not read at all, or its context ends.
func abandonedBody(s *session, i uint64) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req := s.newRequest(ctx, http.MethodGet, s.api(i)+"/long"+query(i), nil)
	resp, err := s.client.Fetch(req, &fetch.Params{Environment: s.page(i)})
	if err != nil {
		return err
	}
	if i%3 > 0 {
		var start [10]byte
		if _, err := io.ReadFull(resp.Body, start[:]); err != nil {
			resp.Body.Close()
			return err
		}
	}
	if i%3 > 1 {
		cancel()
	}
	return resp.Body.Close()
}

func brokenBody(s *session, i uint64) error {
	resp, err := s.client.Fetch(s.get(s.api(i)+"/broken"+query(i)), &fetch.Params{Environment: s.page(i)})
	return breaks(resp, err)
}
