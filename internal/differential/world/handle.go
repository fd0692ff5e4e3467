package world

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/scenario"
)

// maxBody is how much of a request's body is kept.
const maxBody = 1 << 20

func (w *World) handle(rw http.ResponseWriter, req *http.Request) {
	header := rw.Header()
	header["Date"] = nil
	header["Content-Type"] = nil // is not guessed
	origin := "http://" + req.Host
	if req.TLS != nil {
		origin = "https://" + req.Host
	}
	at := w.places[origin]
	if req.URL.Path == pagePath {
		servePage(rw, req.URL.Query())
		return
	}
	rest, isRun := strings.CutPrefix(req.URL.EscapedPath(), runPrefix)
	id, path, _ := strings.Cut(rest, "/")
	found, ok := w.runs.Load(id)
	if !isRun || !ok {
		rw.WriteHeader(http.StatusNotFound) // also a browser's wish for an icon
		return
	}
	run := found.(*Run)
	q, err := receive(origin, req)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	a := run.answer(at, path, q)
	if a == nil {
		a = &scenario.Answer{Status: http.StatusNotFound}
	}
	run.write(rw, a)
}

func receive(origin string, req *http.Request) (Request, error) {
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody))
	if err != nil {
		return Request{}, err
	}
	q := Request{
		Method:    req.Method,
		URL:       origin + req.RequestURI,
		Header:    make(map[string]string, len(req.Header)),
		Body:      string(body),
		Preflight: req.Method == http.MethodOptions && req.Header.Get("Access-Control-Request-Method") != "",
	}
	for name, lines := range req.Header {
		q.Header[strings.ToLower(name)] = strings.TrimRight(strings.Join(lines, ", "), " ") // as if on one line
	}
	for _, coding := range req.TransferEncoding {
		q.Header["transfer-encoding"] = coding
	}
	return q, nil
}

func (r *Run) write(rw http.ResponseWriter, a *scenario.Answer) {
	header := rw.Header()
	for _, f := range a.Header {
		name := http.CanonicalHeaderKey(f.Name)
		header[name] = append(header[name], r.Names.Expand(f.Value))
	}
	if _, ok := header["Cache-Control"]; !ok {
		header["Cache-Control"] = []string{"no-store"}
	}
	body := []byte(a.Body)
	if a.Gzip {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(body)
		z.Close()
		body = b.Bytes()
		header["Content-Encoding"] = []string{"gzip"}
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	if status != http.StatusNoContent && status != http.StatusNotModified {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	rw.WriteHeader(status)
	rw.Write(body)
}

// pagePath is the path of the pages, which is the same for all runs, so that a
// browser has to load few of them. Their properties are in the query.
const pagePath = "/page"

// PageURL returns the URL of a page.
func (w *World) PageURL(p scenario.Page) string {
	q := url.Values{}
	for name, value := range map[string]string{
		"referrer": p.ReferrerPolicy,
		"embedder": p.EmbedderPolicy,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if p.Sandboxed {
		q.Set("sandboxed", "1")
	}
	u := w.Origins[p.Place()] + pagePath
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	return u
}

func servePage(rw http.ResponseWriter, q url.Values) {
	header := rw.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	if v := q.Get("referrer"); v != "" {
		header.Set("Referrer-Policy", v)
	}
	if v := q.Get("embedder"); v != "" {
		header.Set("Cross-Origin-Embedder-Policy", v)
	}
	if q.Has("sandboxed") {
		header.Set("Content-Security-Policy", "sandbox allow-scripts")
	}
	io.WriteString(rw, "<!DOCTYPE html><title>page</title><link rel=icon href=data:,>")
}
