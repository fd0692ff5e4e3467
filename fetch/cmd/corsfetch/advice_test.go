package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// reasons returns the values of the constants of type Reason in package fetch.
func reasons(t *testing.T) []fetch.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../reason.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []fetch.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Reason" {
			return true
		}
		for _, v := range spec.Values {
			value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fetch.Reason(value))
		}
		return true
	})
	return all
}

// TestEveryReason checks that each reason of package fetch has a diagnosis, and
// an advice unless there is none to give.
func TestEveryReason(t *testing.T) {
	all := reasons(t)
	for _, sentinel := range []fetch.Reason{fetch.ReasonTransport, fetch.ReasonIntegrity} {
		if !slices.Contains(all, sentinel) {
			t.Fatalf("%q is not among the %d reasons found", string(sentinel), len(all))
		}
	}
	for _, reason := range all {
		t.Run(string(reason), func(t *testing.T) {
			o, err := parseOptions([]string{"-origin", page, "https://api.example/"})
			if err != nil {
				t.Fatal(err)
			}
			d, known := newReport(o).diagnose(&fetch.NetworkError{
				Reason: reason,
				Method: "PUT",
				URL:    "https://api.example/",
				Origin: page,
				Name:   "X-Team",
				Value:  "tea",
				Status: 200,
				Err:    errors.New("out of tea"),
			})
			if !known {
				t.Fatal("unknown")
			}
			switch reason {
			case fetch.ReasonNoEnvironment, fetch.ReasonCheckRequest:
				if d.why != "" || d.advice != nil {
					t.Errorf("got %+v; it does not happen here", d)
				}
				return
			case fetch.ReasonTransport, fetch.ReasonAborted:
				if d.advice != nil {
					t.Errorf("got advice %+v; there is none", d.advice)
				}
			default:
				switch a := d.advice; {
				case a == nil:
					t.Error("no advice")
				case a.Send == nil || a.Hints == nil:
					t.Error("a list is nil, which JSON shows as null")
				case len(a.Send) == 0 && a.Status == 0 && len(a.Hints) == 0:
					t.Error("the advice is empty")
				}
			}
			if !strings.HasSuffix(d.why, ".") || strings.Contains(d.why, "%!") {
				t.Errorf("not a sentence: %q", d.why)
			}
		})
	}
}

func TestUnknownReason(t *testing.T) {
	o, err := parseOptions([]string{"-origin", page, "https://api.example/"})
	if err != nil {
		t.Fatal(err)
	}
	d, known := newReport(o).diagnose(&fetch.NetworkError{Reason: "news"})
	if known || d.advice != nil || !strings.Contains(d.why, "news") {
		t.Errorf("got %+v, %v", d, known)
	}
}

// A pupil is a server that does what it is advised to.
type pupil struct {
	status map[string]int // by what the answer is to
	header map[string]http.Header
	body   string
}

func (p *pupil) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := "response"
	switch {
	case r.Method == http.MethodOptions:
		kind = "preflight"
	case r.URL.Path == "/redirect":
		kind = "redirect"
		w.Header().Set("Location", "/")
	}
	for name, values := range p.header[kind] {
		w.Header()[name] = values
	}
	if status := p.status[kind]; status != 0 {
		w.WriteHeader(status)
	} else if kind == "redirect" {
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
	if kind == "response" {
		io.WriteString(w, p.body)
	}
}

func (p *pupil) learn(a *advice) {
	if a.Status != 0 {
		p.status[a.On] = a.Status
	}
	if p.header[a.On] == nil {
		p.header[a.On] = make(http.Header)
	}
	for _, name := range []string{allowMethods, allowHeaders} {
		if slices.Contains(a.Hints, unneeded(name)) {
			p.header[a.On].Del(name)
		}
	}
	for _, line := range a.Send {
		name, value, _ := strings.Cut(line, ": ")
		p.header[a.On][name] = []string{value}
	}
}

// TestAdviceHelps has servers with all kinds of faults follow the advice. Each
// answer has to be put right at once.
func TestAdviceHelps(t *testing.T) {
	requests := map[string][]string{
		"GET":             nil,
		"PUT":             {"-X", "PUT"},
		"headers":         {"-H", "Authorization: Bearer 42", "-H", "X-Team: red", "-H", "X-Trace: 1"},
		"cookies":         {"-credentials", "include"},
		"PUT and cookies": {"-X", "PUT", "-H", "X-Team: red", "-credentials", "include"},
		"patch":           {"-X", "patch", "-H", "Authorization: Bearer 42"},
		"forced":          {"-force-preflight"},
		"null":            {"-origin", "null", "-X", "PUT"},
	}
	faults := map[string]http.Header{
		"nothing":           {},
		"another origin":    {allowOrigin: {"https://other.example"}},
		"two origins":       {allowOrigin: {page, page}},
		"any origin":        {allowOrigin: {"*"}},
		"any of everything": {allowOrigin: {"*"}, allowMethods: {"*"}, allowHeaders: {"*"}, allowCredentials: {"true"}},
		"origin only":       {allowOrigin: {page}},
		"other grants":      {allowOrigin: {page}, allowMethods: {"GET"}, allowHeaders: {"X-Team"}, allowCredentials: {"True"}},
		"any grants":        {allowOrigin: {page}, allowMethods: {"*"}, allowHeaders: {"*"}, allowCredentials: {"true"}},
		"bad methods":       {allowOrigin: {page}, allowMethods: {"GET PUT"}, allowCredentials: {"true"}},
		"bad headers":       {allowOrigin: {page}, allowMethods: {"PUT, patch"}, allowHeaders: {"X Team"}, allowCredentials: {"true"}},
	}
	for request, args := range requests {
		for fault, h := range faults {
			for _, status := range []int{0, 302, 401, 404, 500} {
				t.Run(request+"/"+fault+"/"+strconv.Itoa(status), func(t *testing.T) {
					p := &pupil{
						status: map[string]int{"preflight": status},
						header: map[string]http.Header{
							"preflight": h.Clone(), "redirect": h.Clone(), "response": h.Clone(),
						},
					}
					url := serve(t, p.ServeHTTP)
					var before []string
					for {
						got := corsfetch(t, append(append([]string{"-json", "-origin", page}, args...), url+"/redirect")...)
						r := decodeReport(t, got.stdout)
						if r.Verdict == allowed {
							return
						}
						where := r.Advice.On + " " + lastURL(r)
						if slices.Contains(before, where) {
							t.Fatalf("the answer to the %s is wrong again, and the advice is %+v", where, r.Advice)
						}
						before = append(before, where)
						p.learn(r.Advice)
					}
				})
			}
		}
	}
}

// TestAdviceOnUseHelps is TestAdviceHelps for what pages use and do not read:
// whatever the servers and the page do wrong, they are told, and nothing twice.
func TestAdviceOnUseHelps(t *testing.T) {
	// The digest is that of tea().
	const right, wrong = "sha256-09dhta4JP6SFyStovs6+jxLA+YxEpDsC7BBd2wkM+M8=", "sha256-dGVh"
	requests := map[string][]string{
		"image":        {"-mode", "no-cors", "-destination", "image"},
		"strict image": {"-mode", "no-cors", "-destination", "image", "-embedder-policy", "require-corp"},
		"script":       {"-mode", "no-cors", "-destination", "script", "-credentials", "include"},
		"style":        {"-mode", "no-cors", "-destination", "style", "-embedder-policy", "credentialless"},
		"worker":       {"-destination", "worker"},
		"right digest": {"-mode", "no-cors", "-destination", "script", "-integrity", right},
		"wrong digest": {"-mode", "no-cors", "-integrity", wrong},
		"null":         {"-origin", "null", "-mode", "no-cors", "-destination", "style", "-embedder-policy", "require-corp"},
	}
	faults := map[string]http.Header{
		"nothing":        {},
		"own origin":     {resourcePolicy: {"same-origin"}},
		"own site":       {resourcePolicy: {"same-site"}, contentType: {"image/png"}},
		"two policies":   {resourcePolicy: {"cross-origin", "cross-origin"}},
		"plain text":     {contentType: {"text/plain"}, typeOptions: {"nosniff"}},
		"no type":        {contentType: nil, typeOptions: {"nosniff"}},
		"video":          {contentType: {"video/mp4"}, allowOrigin: {"*"}},
		"all of it":      {contentType: {"image/png"}, typeOptions: {"nosniff"}, resourcePolicy: {"same-origin"}},
		"for the origin": {allowOrigin: {page}, resourcePolicy: {"news"}},
	}
	for request, args := range requests {
		for fault, h := range faults {
			t.Run(request+"/"+fault, func(t *testing.T) {
				p := &pupil{
					status: make(map[string]int),
					header: map[string]http.Header{"redirect": h.Clone(), "response": h.Clone()},
					body:   "tea()",
				}
				url := serve(t, p.ServeHTTP)
				args := append([]string{"-json", "-origin", page}, args...)
				var before []string
				for {
					r := decodeReport(t, corsfetch(t, append(args, url+"/redirect")...).stdout)
					if r.Verdict == allowed {
						return
					}
					told := fmt.Sprintf("%s %s %+v", string(r.Reason), lastURL(r), *r.Advice)
					if slices.Contains(before, told) {
						t.Fatalf("told again: %s", told)
					}
					before = append(before, told)
					switch {
					case r.Advice.On != "":
						p.learn(r.Advice)
					case strings.Contains(r.Advice.Hints[0], "Use mode cors"):
						args = append(args, "-mode", "cors")
					default:
						digest := regexp.MustCompile(`the page has to want (sha256-[^ ]*)\. `).FindStringSubmatch(r.Advice.Hints[0])
						if digest == nil || slices.Contains(args, right) {
							t.Fatalf("nothing to do: %s", told)
						}
						args = append(args, "-integrity", digest[1])
					}
				}
			})
		}
	}
}

// TestAdviceSameSite checks when the narrower policy is named as an alternative.
func TestAdviceSameSite(t *testing.T) {
	const hint = "If it is for pages of its own site only"
	tests := []struct {
		origin, url string
		narrower    bool
		tls         bool // the schemes are the obstacle
	}{
		{"https://www.app.example", "https://img.app.example/", true, false},
		{"https://www.app.example", "http://img.app.example/", true, false},
		{"http://www.app.example", "https://img.app.example/", false, true},
		{"https://www.app.example", "https://other.example/", false, false},
		{"http://www.app.example", "http://other.example/", false, false},
		{"null", "https://other.example/", false, false},
	}
	for _, tt := range tests {
		o, err := parseOptions([]string{"-origin", tt.origin, "-mode", "no-cors", tt.url})
		if err != nil {
			t.Fatal(err)
		}
		d, _ := newReport(o).diagnose(&fetch.NetworkError{Reason: fetch.ReasonCORP, URL: tt.url, Value: "same-origin", Status: 200})
		hints := strings.Join(d.advice.Hints, " ")
		if strings.Contains(hints, hint) != tt.narrower || strings.Contains(hints, "over https:") != tt.tls {
			t.Errorf("%s from %s: got %q", tt.url, tt.origin, hints)
		}
	}
}

// lastURL returns the URL of the last request.
func lastURL(r *report) string { return r.Requests[len(r.Requests)-1].URL }

// TestHints checks the sentences that depend on what is wrong.
func TestHints(t *testing.T) {
	answer := func(status int, h http.Header) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for name, values := range h {
				w.Header()[name] = values
			}
			w.WriteHeader(status)
		}
	}
	location := func(values ...string) http.HandlerFunc {
		return answer(302, http.Header{allowOrigin: {"*"}, "Location": values})
	}
	tests := []struct {
		name   string
		args   []string
		answer http.HandlerFunc
		want   string
	}{
		{"redirected preflight", []string{"-X", "PUT"}, location("/"), "A preflight is not redirected"},
		{"login", []string{"-X", "PUT"}, answer(401, nil), "let OPTIONS through without a login"},
		{"no handler", []string{"-X", "PUT"}, answer(405, nil), "no handler for OPTIONS"},
		{"any method with cookies", []string{"-X", "PUT", "-credentials", "include"}, answer(200, http.Header{
			allowOrigin: {page}, allowCredentials: {"true"}, allowMethods: {"*"},
		}), "* is not any method"},
		{"any header with cookies", []string{"-H", "X-Team: red", "-credentials", "include"}, answer(200, http.Header{
			allowOrigin: {page}, allowCredentials: {"true"}, allowHeaders: {"*"},
		}), "* is not any header"},
		{"null with cookies", []string{"-origin", "null", "-credentials", "include"}, answer(200, nil), "that means anybody, with the user's cookies"},
		{"two locations", nil, location("/a", "/b"), "Send exactly one Location"},
		{"loop", nil, location("/"), "more than 20 redirects"},
		{"other scheme", nil, location("mailto:tea@example.com"), "neither http: nor https:, where fetch() does not go"},
		{"no HTTP", nil, location("ftp://example.com/"), "Location has to be an http: or https: URL"},
		{"no-cors with manual", []string{"-mode", "no-cors", "-redirect", "manual"}, nil, "Use -redirect follow, or mode cors"},
		{"simple header too long", []string{"-H", "Accept: " + strings.Repeat("a", 129)}, answer(200, nil), "the header accept: its value is not as simple"},
		{"simple headers too long", slices.Repeat([]string{"-H", "Accept: " + strings.Repeat("a", 128)}, 9), answer(200, nil),
			"the header accept: it is simple, but together such headers are too long"},
		{"refused after a redirect", []string{"-X", "PUT"}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				w.Header().Set(allowOrigin, "*")
				w.Header().Set(allowMethods, "*")
				w.Header().Set("Location", "/long")
				if r.Method == "PUT" {
					w.WriteHeader(307)
				}
			}
		}, "Only the preflight was sent to the redirect's URL"},
		{"no cookies", []string{"-credentials", "omit"}, answer(200, nil), "credentials omit (cookies go nowhere)"},
		{"blob", []string{"-H", "Range: bytes=0-"}, location("blob:https://app.example/1"), "neither http: nor https:, where fetch() does not go"},
		{"no method in Allow-Methods", []string{"-X", "PUT"}, answer(200, http.Header{allowOrigin: {page}}), "there is no Access-Control-Allow-Methods"},
		{"not kept", []string{"-X", "PUT"}, answer(200, http.Header{
			allowOrigin: {page}, allowMethods: {"PUT"}, "Access-Control-Max-Age": {"0"},
		}), "for        this once, because of Access-Control-Max-Age: 0"},
		{"kept", []string{"-X", "PUT"}, answer(200, http.Header{
			allowOrigin: {page}, allowMethods: {"PUT"}, "Access-Control-Max-Age": {"60"},
		}), "for        1m0s, as Access-Control-Max-Age says"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) { tt.answer(w, r) })
			got := corsfetch(t, append(append([]string{"-origin", page}, tt.args...), url)...)
			if !strings.Contains(got.stderr, tt.want) {
				t.Errorf("want %q in:\n%s", tt.want, got.stderr)
			}
		})
	}
}
