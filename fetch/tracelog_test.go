package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// tracelogLogger returns a logger that writes to b what is the same in each run.
func tracelogLogger(b *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey || len(groups) == 1 && a.Key == "Date" {
			return slog.Attr{}
		}
		return a
	}}))
}

// tracelogStory returns what was logged, with each header on a line of its own.
func tracelogStory(b *bytes.Buffer) string {
	return strings.ReplaceAll(b.String(), " header.", "\n\theader.")
}

// tracelogContext returns a context that a failingCache approves of.
func tracelogContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, userKey{}, "value")
}

// The story that TraceLogger tells, in full.
//
// Source: https://fetch.spec.whatwg.org/#concept-http-fetch for the order of events.
func TestTraceLoggerStory(t *testing.T) {
	const preflight = `level=DEBUG msg=request method=OPTIONS url=https://api.example/items hop=0 preflight=true credentials=false dropped=""
	header.Accept=*/*
	header.Accept-Encoding="gzip, deflate"
	header.Access-Control-Request-Headers=content-type,x-a
	header.Access-Control-Request-Method=PUT
	header.Origin=https://app.example
	header.Sec-Fetch-Dest=empty
	header.Sec-Fetch-Mode=cors
	header.Sec-Fetch-Site=cross-site
`
	const put = `level=DEBUG msg=request method=PUT url=https://api.example/items hop=0 preflight=false credentials=false dropped="cookie, sec-a"
	header.Accept=*/*
	header.Accept-Encoding="gzip, deflate"
	header.Content-Type=application/json
	header.Origin=https://app.example
	header.Sec-Fetch-Dest=empty
	header.Sec-Fetch-Mode=cors
	header.Sec-Fetch-Site=cross-site
	header.X-A=a
level=DEBUG msg=response status=200 url=https://api.example/items hop=0 preflight=false
	header.Access-Control-Allow-Origin=https://app.example
	header.Content-Length=4
	header.Content-Type=text/plain
	header.X-Secret=s
level=DEBUG msg="CORS check" url=https://api.example/items origin=https://app.example "allow origin"=https://app.example credentials=false preflight=false outcome=allowed
level=DEBUG msg=filtered type=cors withheld="access-control-allow-origin, date, x-secret"
level=DEBUG msg=done
`
	const allowed = preflight + `level=DEBUG msg=response status=200 url=https://api.example/items hop=0 preflight=true
	header.Access-Control-Allow-Headers="*, authorization"
	header.Access-Control-Allow-Methods=*
	header.Access-Control-Allow-Origin=*
	header.Access-Control-Max-Age=600
	header.Content-Length=0
level=DEBUG msg="CORS check" url=https://api.example/items origin=https://app.example "allow origin"=* credentials=false preflight=true outcome=allowed
level=DEBUG msg=preflight url=https://api.example/items method=PUT headers="content-type, x-a" cached=false status=200 "allowed methods"=* "allowed headers"="*, authorization" "max age"=10m0s
` + put
	const cached = `level=DEBUG msg=preflight url=https://api.example/items method=PUT headers="content-type, x-a" cached=true
` + put
	const refused = preflight + `level=DEBUG msg=response status=200 url=https://api.example/items hop=0 preflight=true
	header.Access-Control-Allow-Methods=POST
	header.Access-Control-Allow-Origin=*
	header.Content-Length=0
level=DEBUG msg="CORS check" url=https://api.example/items origin=https://app.example "allow origin"=* credentials=false preflight=true outcome=allowed
level=DEBUG msg=preflight url=https://api.example/items method=PUT headers="content-type, x-a" cached=false status=200 error="fetch: PUT https://api.example/items from https://app.example: preflight: method-not-allowed \"PUT\": Access-Control-Allow-Methods is \"POST\"; it has to list \"PUT\" or \"*\""
level=INFO msg="fetch failed" reason=method-not-allowed method=PUT url=https://api.example/items origin=https://app.example hop=0 preflight=true name=PUT value=POST detail="Access-Control-Allow-Methods is \"POST\"; it has to list \"PUT\" or \"*\""
`
	const redirected = `level=DEBUG msg=request method=POST url=https://api.example/start hop=0 preflight=false credentials=false dropped=""
	header.Accept=*/*
	header.Accept-Encoding="gzip, deflate"
	header.Content-Type=text/plain
	header.Origin=https://app.example
	header.Sec-Fetch-Dest=empty
	header.Sec-Fetch-Mode=cors
	header.Sec-Fetch-Site=cross-site
level=DEBUG msg=response status=303 url=https://api.example/start hop=0 preflight=false
	header.Access-Control-Allow-Origin=*
	header.Content-Length=0
	header.Location=https://b.example/end
level=DEBUG msg="CORS check" url=https://api.example/start origin=https://app.example "allow origin"=* credentials=false preflight=false outcome=allowed
level=DEBUG msg=redirect status=303 from=https://api.example/start to=https://b.example/end method=GET origin=null taint=cross-site removed=content-type
level=DEBUG msg=request method=GET url=https://b.example/end hop=1 preflight=false credentials=false dropped=""
	header.Accept=*/*
	header.Accept-Encoding="gzip, deflate"
	header.Origin=null
	header.Sec-Fetch-Dest=empty
	header.Sec-Fetch-Mode=cors
	header.Sec-Fetch-Site=cross-site
level=DEBUG msg=response status=200 url=https://b.example/end hop=1 preflight=false
	header.Access-Control-Allow-Origin=https://app.example
	header.Content-Length=0
level=DEBUG msg="CORS check" url=https://b.example/end origin=null "allow origin"=https://app.example credentials=false preflight=false outcome=origin-mismatch
level=INFO msg="fetch failed" reason=origin-mismatch method=GET url=https://b.example/end origin=null hop=1 preflight=false value=https://app.example detail="Access-Control-Allow-Origin is \"https://app.example\"; it has to be \"null\" or \"*\""
`
	const down = "level=DEBUG msg=\"preflight cache\" error=\"store is down\"\n"
	brokenCache := down + strings.Replace(allowed, "level=DEBUG msg=preflight ", down+"level=DEBUG msg=preflight ", 1)

	w := newWeb(t, map[string]http.Handler{
		"https://api.example/items": split(share("Access-Control-Max-Age: 600"), answer{body: "text", lines: []string{
			"Access-Control-Allow-Origin: https://app.example", "X-Secret: s", "Content-Type: text/plain"}}),
		"https://api.example/start": answer{status: 303, lines: []string{"Access-Control-Allow-Origin: *", "Location: https://b.example/end#f"}},
		"https://b.example/end":     lines("Access-Control-Allow-Origin: https://app.example"),
	})
	var b bytes.Buffer
	ctx := fetch.WithTrace(t.Context(), fetch.TraceLogger(tracelogLogger(&b, slog.LevelDebug)))
	p := &fetch.Params{Environment: app}
	tell := func(name string, req *http.Request, reason fetch.Reason, want string) {
		t.Helper()
		b.Reset()
		if req = req.WithContext(ctx); reason == "" {
			w.fetch(req, p)
		} else {
			w.refuse(req, p, reason)
		}
		if diff := cmp.Diff(want, tracelogStory(&b)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	item := func() *http.Request {
		return newRequest(t, "PUT", "https://api.example/items#fragment", "{}", "Content-Type: application/json", "X-A: a", "Cookie: c=1", "Sec-A: s")
	}
	tell("allowed", item(), "", allowed)
	tell("cached", item(), "", cached)
	tell("redirect", newRequest(t, "POST", "https://api.example/start", "body", "Content-Type: text/plain"), fetch.ReasonOriginMismatch, redirected)

	w.client = &fetch.Client{Base: w.base, Preflights: &failingCache{t: t, err: errors.New("store is down")}}
	ctx = tracelogContext(ctx)
	tell("broken cache", item(), "", brokenCache)

	w.client = &fetch.Client{Base: w.base}
	w.handle("https://api.example/items", allowing("Access-Control-Allow-Methods: POST"))
	tell("refused", item(), fetch.ReasonMethodNotAllowed, refused)
}

// At level Info there is nothing to tell of a fetch that succeeds, and one record
// of a fetch that fails, whatever the reason.
func TestTraceLoggerLevels(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/ok":       share(),
		"https://api.example/unshared": split(share(), answer{}),
		"https://api.example/broken":   rawText(""),
	})
	for _, tt := range []struct {
		method, path string
		level        slog.Level
		want         string // beginning of the only record
	}{
		{"PUT", "/ok", slog.LevelInfo, ""},
		{"PUT", "/unshared", slog.LevelInfo, `level=INFO msg="fetch failed" reason=missing-allow-origin method=PUT`},
		{"PUT", "/broken", slog.LevelInfo, `level=INFO msg="fetch failed" reason=transport method=PUT`},
		{"TRACE", "/ok", slog.LevelInfo, `level=INFO msg="fetch failed" reason=invalid-request method=TRACE`},
		{"PUT", "/unshared", slog.LevelWarn, ""},
	} {
		var b bytes.Buffer
		ctx := fetch.WithTrace(t.Context(), fetch.TraceLogger(tracelogLogger(&b, tt.level)))
		resp, err := w.client.Fetch(newRequest(t, tt.method, "https://api.example"+tt.path, nil).WithContext(ctx), &fetch.Params{Environment: app})
		if err == nil {
			resp.Body.Close()
		}
		got := b.String()
		if !strings.HasPrefix(got, tt.want) || strings.Count(got, "\n") != min(len(tt.want), 1) {
			t.Errorf("%s %s at level %s: logged %q; want one record that begins with %q", tt.method, tt.path, tt.level, got, tt.want)
		}
	}
}

// No logger is slog.Default, as it is when TraceLogger is called.
func TestTraceLoggerNil(t *testing.T) {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(tracelogLogger(&b, slog.LevelDebug))
	trace := fetch.TraceLogger(nil)
	slog.SetDefault(before)
	client := &fetch.Client{Base: unreachable(t)}
	_, err := client.Fetch(newRequest(t, "TRACE", "https://api.example/", nil).WithContext(fetch.WithTrace(t.Context(), trace)), &fetch.Params{Environment: app})
	wantReason(t, err, fetch.ReasonInvalidRequest)
	if got := b.String(); !strings.HasPrefix(got, `level=INFO msg="fetch failed" reason=invalid-request`) {
		t.Errorf("logged %q", got)
	}
}

// Logs have neither cookies nor credentials, wherever these come from, and say
// that there were some.
func TestTraceLoggerSecrets(t *testing.T) {
	set := []string{"Set-Cookie: sekret-cookie=1", "Set-Cookie2: sekret-cookie=1", "Proxy-Authorization: sekret-auth"}
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/":         shareWith("https://app.example", "PUT", "authorization", set...),
		"https://api.example/refused":  split(shareWith("https://app.example", "PUT", "authorization", set...), answer{lines: set}),
		"https://api.example/moved":    redirectTo(307, "https://sekret-user:sekret-password@b.example/#sekret-fragment"),
		"https://api.example/nowhere":  redirectTo(307, "https://sekret-user:sekret-password@b.example:99999/"),
		"https://app.example/userinfo": redirectTo(307, "//sekret-user:sekret-password@app.example/end"),
		"https://app.example/end":      answer{lines: set},
		"https://app.example/login": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Header["Authorization"] == nil {
				answer{status: 401, lines: []string{`WWW-Authenticate: Basic realm="login"`}}.ServeHTTP(rw, r)
			}
		}),
	})
	w.client.Jar = newJar(t, "https://api.example/", "s=sekret-cookie")
	w.client.Jar.SetCookies(mustURL(t, "https://app.example/"), []*http.Cookie{{Name: "s", Value: "sekret-cookie"}})
	for _, tt := range []struct {
		url    string
		params fetch.Params
		want   fetch.Reason
		shown  []string // what is in the log in place of secrets
	}{
		{"https://api.example/", fetch.Params{Credentials: fetch.CredentialsInclude}, "",
			[]string{`header.Authorization="(not shown)"`, `header.Cookie="(not shown)"`, `header.Set-Cookie="(not shown)"`, `header.Set-Cookie2="(not shown)"`, `header.Proxy-Authorization="(not shown)"`}},
		{"https://api.example/refused", fetch.Params{Credentials: fetch.CredentialsInclude}, fetch.ReasonMissingAllowOrigin,
			[]string{`header.Cookie="(not shown)"`, `header.Set-Cookie="(not shown)"`}},
		{"https://api.example/moved", fetch.Params{}, fetch.ReasonRedirectCredentials, []string{`header.Location="(not shown)"`, "url=https://api.example/moved"}},
		{"https://api.example/nowhere", fetch.Params{}, fetch.ReasonRedirectLocation, []string{`header.Location="(not shown)"`}},
		{"https://app.example/userinfo", fetch.Params{Mode: fetch.ModeNavigate}, "", []string{`header.Location="(not shown)"`, "to=https://app.example/end"}},
		{"https://sekret-user:sekret-password@app.example/login#sekret-fragment", fetch.Params{Mode: fetch.ModeNavigate}, "",
			[]string{`header.Authorization="(not shown)"`, "header.Www-Authenticate", "url=https://app.example/login"}},
		{"https://sekret-user:sekret-password@api.example/", fetch.Params{}, fetch.ReasonInvalidRequest, []string{"url=https://api.example/"}},
	} {
		var b bytes.Buffer
		ctx := fetch.WithTrace(t.Context(), fetch.TraceLogger(tracelogLogger(&b, slog.LevelDebug)))
		tt.params.Environment = app
		req := newRequest(t, "PUT", tt.url, "sekret-body").WithContext(ctx)
		if !strings.HasSuffix(req.URL.Path, "/login") {
			addLines(req.Header, []string{"Authorization: sekret-auth", "Cookie: sekret-cookie"})
		}
		if tt.want == "" {
			w.fetch(req, &tt.params)
		} else {
			w.refuse(req, &tt.params, tt.want)
		}
		wantNoSecrets(t, "the log of "+req.URL.Path, b.String())
		for _, part := range tt.shown {
			if !strings.Contains(b.String(), part) {
				t.Errorf("%s: the log has no %s:\n%s", req.URL.Path, part, b.String())
			}
		}
	}
}

// A server can make a record long, but not as long as it likes.
func TestTraceLoggerLongValues(t *testing.T) {
	long := strings.Repeat("a", 1<<16)
	w := newWeb(t, map[string]http.Handler{"https://api.example/": answer{lines: []string{
		"Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT, " + long, "Access-Control-Allow-Headers: " + long,
		"X-A: " + long, "Content-Type: " + long}}})
	var b bytes.Buffer
	ctx := fetch.WithTrace(t.Context(), fetch.TraceLogger(tracelogLogger(&b, slog.LevelDebug)))
	w.fetch(newRequest(t, "PUT", "https://api.example/", nil).WithContext(ctx), &fetch.Params{Environment: app})
	w.handle("https://api.example/", lines("Access-Control-Allow-Origin: "+long))
	w.refuse(newRequest(t, "GET", "https://api.example/", nil).WithContext(ctx), &fetch.Params{Environment: app}, fetch.ReasonOriginMismatch)
	for line := range strings.Lines(b.String()) {
		if len(line) > 2000 {
			t.Errorf("a record of %d bytes: %.300s", len(line), line)
		}
	}
}

// Dropped is what the guard took from the author, once each, and not from the
// preflight, which is not the author's.
//
// Source: https://fetch.spec.whatwg.org/#concept-headers-append,
// https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestTraceDropped(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	for _, tt := range []struct {
		name   string
		mode   fetch.Mode
		lines  []string
		fetch  []string // dropped by Client.Fetch
		public []string // dropped by a Transport
	}{
		{"nothing", fetch.ModeCORS, []string{"X-A: a", "Accept: text/plain"}, nil, nil},
		{"no header", fetch.ModeCORS, nil, nil, nil},
		{"forbidden names", fetch.ModeCORS, []string{"Cookie: c", "Origin: o", "Sec-Anything: s", "Proxy-Anything: p", "X-A: a"},
			[]string{"cookie", "origin", "proxy-anything", "sec-anything"}, []string{"cookie", "origin", "proxy-anything", "sec-anything"}},
		{"spellings of one name", fetch.ModeCORS, []string{"Host: a", "host: b", "HOST: c"}, []string{"host"}, []string{"host"}},
		{"values of one name", fetch.ModeCORS, []string{"Te: a", "Te: b"}, []string{"te"}, []string{"te"}},
		{"forbidden value", fetch.ModeCORS, []string{"X-HTTP-Method-Override: TRACE", "X-Method-Override: PUT"},
			[]string{"x-http-method-override"}, []string{"x-http-method-override"}},
		{"no-cors", fetch.ModeNoCORS, []string{"X-A: a", "Accept: text/plain", "Content-Type: application/json", "Authorization: t"},
			[]string{"authorization", "content-type", "x-a"}, []string{"authorization", "content-type", "x-a"}},
		{"User-Agent under no-cors", fetch.ModeNoCORS, []string{"User-Agent: ua"}, []string{"user-agent"}, nil},
		{"WebSocket", fetch.ModeWebSocket, []string{"Upgrade: websocket", "Sec-WebSocket-Key: k", "Sec-Anything: s"}, []string{"sec-anything"}, []string{"sec-anything"}},
	} {
		for _, via := range []string{"Fetch", "Transport"} {
			t.Run(tt.name+"/"+via, func(t *testing.T) {
				var infos []fetch.RequestInfo
				req := newRequest(t, "GET", "https://api.example/", nil, tt.lines...).WithContext(
					fetch.WithTrace(t.Context(), &fetch.Trace{Request: func(i fetch.RequestInfo) { infos = append(infos, i) }}))
				p := &fetch.Params{Environment: app, Mode: tt.mode}
				want := tt.fetch
				if via == "Fetch" {
					w.fetch(req, p)
				} else {
					want = tt.public
					resp, err := w.client.Transport(p).RoundTrip(req)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
				}
				for i, info := range infos {
					dropped := want
					if info.Preflight {
						dropped = nil
					}
					if !slices.Equal(info.Dropped, dropped) {
						t.Errorf("request %d: dropped %q; want %q", i, info.Dropped, dropped)
					}
				}
				if len(infos) == 0 {
					t.Error("no request")
				}
			})
		}
	}
}

// Every field that a Trace shows has a comment, and is set by some fetch.
func TestTraceFieldsAreDocumentedAndSet(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "trace.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !spec.Name.IsExported() {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			if field.Doc.Text() == "" && field.Comment.Text() == "" {
				t.Errorf("%s.%s has no comment", spec.Name, field.Names[0])
			}
			if len(field.Names) > 1 {
				t.Errorf("%s.%s shares its comment", spec.Name, field.Names[1])
			}
		}
		return true
	})

	unset := make(map[string]bool) // by type and field
	called := make(map[string]bool)
	see := func(v any) {
		s := reflect.ValueOf(v)
		for i := range s.NumField() {
			name := s.Type().Name() + "." + s.Type().Field(i).Name
			if before, ok := unset[name]; !ok || before {
				unset[name] = s.Field(i).IsZero()
			}
		}
	}
	ctx := fetch.WithTrace(tracelogContext(t.Context()), &fetch.Trace{
		Request:    func(i fetch.RequestInfo) { called["Request"] = true; see(i) },
		Preflight:  func(i fetch.PreflightInfo) { called["Preflight"] = true; see(i); see(i.Key); see(i.Grant) },
		CORSCheck:  func(i fetch.CORSCheckInfo) { called["CORSCheck"] = true; see(i) },
		Response:   func(i fetch.ResponseInfo) { called["Response"] = true; see(i) },
		Redirect:   func(i fetch.RedirectInfo) { called["Redirect"] = true; see(i) },
		Filtered:   func(i fetch.FilteredInfo) { called["Filtered"] = true; see(i) },
		CacheError: func(error) { called["CacheError"] = true },
		Done:       func(*fetch.NetworkError) { called["Done"] = true },
	})
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/start":   redirectTo(303, "https://b.example/end", "Access-Control-Max-Age: 60"),
		"https://b.example/end":       share("Access-Control-Max-Age: 60"),
		"https://b.example/unshared":  answer{},
		"https://api.example/include": shareWith("https://app.example", "PUT", "", "Access-Control-Max-Age: 60"),
	})
	put := func(url string) *http.Request {
		return newRequest(t, "PUT", url, "body", "X-A: a", "Cookie: c", "Authorization: t", "Content-Type: text/x").WithContext(ctx)
	}
	p := &fetch.Params{Environment: app}
	w.fetch(put("https://api.example/start"), p)
	w.fetch(put("https://b.example/end"), p)
	w.fetch(put("https://b.example/end"), p)
	w.refuse(put("https://b.example/unshared"), p, fetch.ReasonMissingAllowOrigin)
	include := newRequest(t, "PUT", "https://api.example/include", nil).WithContext(ctx)
	w.fetch(include, &fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude})
	w.client = &fetch.Client{Base: w.base, Preflights: &failingCache{t: t, err: errRefused}}
	w.fetch(put("https://b.example/end"), p)
	sharePreflight(t, ctx)

	for name, zero := range unset {
		if zero {
			t.Errorf("%s is set by no fetch", name)
		}
	}
	trace := reflect.TypeFor[fetch.Trace]()
	for i := range trace.NumField() {
		if name := trace.Field(i).Name; !called[name] {
			t.Errorf("%s is called by no fetch", name)
		}
	}
	if len(unset) < 30 {
		t.Errorf("%d fields were looked at", len(unset))
	}
}
