package scenario

import (
	"fmt"
	"strings"
)

// allow returns the fields that let an origin read a response, or nearly.
func (g *generator) allow(f *Fetch, origin string) []Field {
	var h []Field
	other := "{far}"
	if origin == other {
		other = "{app}"
	}
	value := pick(g, weighted[string]{
		{70, origin}, {10, "*"}, {2, "null"}, {2, other}, {1, origin + "/"}, {1, origin + ", " + origin},
		{1, strings.ToUpper(origin)}, {1, ""}, {1, " \t" + origin + " "}, {1, "NULL"}, {1, "**"}, {1, origin + ", *"},
	})
	if !g.chance(6) {
		h = append(h, Field{"Access-Control-Allow-Origin", value})
		if g.chance(2) {
			h = append(h, Field{"Access-Control-Allow-Origin", value})
		}
	}
	wants := 15
	if f.Credentials == "include" {
		wants = 90
	}
	if g.chance(wants) {
		h = append(h, Field{"Access-Control-Allow-Credentials", pick(g, weighted[string]{
			{90, "true"}, {2, "True"}, {2, "TRUE"}, {2, "1"}, {2, "true, true"}, {2, "false"},
		})})
	}
	return h
}

// preflightAnswer returns an answer to the preflight of f.
func (g *generator) preflightAnswer(f *Fetch, origin string) Answer {
	a := Answer{
		Status: pick(g, weighted[int]{
			{60, 204}, {28, 200}, {2, 299}, {2, 201}, {1, 301}, {1, 304}, {2, 404}, {1, 401}, {1, 500}, {1, 300}, {1, 307},
		}),
		Header: g.allow(f, origin),
	}
	if a.Status == 301 || a.Status == 307 {
		a.Header = append(a.Header, Field{"Location", "{far:z}"})
	}
	method := f.Method
	if method == "" {
		method = "GET"
	}
	if method == "put" {
		method = "PUT"
	}
	if !g.chance(8) {
		a.Header = append(a.Header, Field{"Access-Control-Allow-Methods", pick(g, weighted[string]{
			{60, method}, {12, "GET, " + method + ", X"}, {10, "*"}, {3, strings.ToLower(method)}, {2, method + ";q=1"}, {2, `"` + method + `"`},
			{2, "GET, P(T, " + method}, {2, ""}, {2, ", " + method + ","}, {2, "PATCH"}, {1, "GET POST"}, {2, "*, " + method},
		})})
	}
	var names []string
	for _, h := range f.Header {
		names = append(names, h.Name)
	}
	if f.Body.Kind != NoBody {
		names = append(names, "Content-Type")
	}
	all := strings.Join(names, ", ")
	if len(names) > 0 && !g.chance(5) || g.chance(10) {
		a.Header = append(a.Header, Field{"Access-Control-Allow-Headers", pick(g, weighted[string]{
			{55, all}, {12, "*"}, {8, strings.ToUpper(all)}, {6, strings.ToLower(all) + ",x-other"}, {3, "x-other"},
			{3, all + ", a b"}, {3, strings.Join(names, ",")}, {2, ""}, {4, "*, Authorization"}, {2, strings.Join(names, " ")}, {2, all + ",,"},
		})})
		if g.chance(6) {
			a.Header = append(a.Header, Field{"Access-Control-Allow-Headers", oneOf(g, "X-A", "Authorization", "Content-Type, Range", "(")})
		}
	}
	if g.chance(45) {
		a.Header = append(a.Header, Field{"Access-Control-Max-Age", pick(g, weighted[string]{
			{60, "600"}, {12, "0"}, {4, "-1"}, {4, "abc"}, {4, "99999999999999999999999"}, {4, "600.5"}, {4, "+600"}, {3, "600, 600"}, {3, ""}, {2, " 600 "},
		})})
	}
	if g.chance(6) {
		a.Header = append(a.Header, Field{"Set-Cookie", "p=1; Path={run}; Secure; SameSite=None"})
	}
	return a
}

// answer returns an answer to f itself.
func (g *generator) answer(f *Fetch, origin string) Answer {
	a := Answer{
		Status: pick(g, weighted[int]{
			{70, 200}, {5, 204}, {4, 201}, {3, 206}, {2, 304}, {5, 404}, {4, 500}, {2, 401}, {1, 299}, {1, 300}, {1, 305}, {2, 301},
		}),
		Header: g.allow(f, origin),
		Gzip:   g.chance(6),
	}
	if a.Status != 204 && a.Status != 304 {
		a.Body = responseBody
	} else {
		a.Gzip = false
	}
	add := func(percent int, name string, values ...string) {
		if g.chance(percent) {
			a.Header = append(a.Header, Field{name, oneOf(g, values...)})
		}
	}
	add(60, "Content-Type", "text/plain", "text/html", "application/json", "text/plain;charset=utf-8", "")
	add(40, "X-Secret", "s")
	add(25, "X-Public", "p")
	add(10, "ETag", `"x"`)
	add(10, "Content-Language", "de")
	add(10, "Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
	add(30, "Access-Control-Expose-Headers", "X-Public", "x-public, ETag", "*", "X-Public, a b", "Set-Cookie, X-Public", "", "*, X-Public", "X-Public,")
	add(5, "Access-Control-Expose-Headers", "X-Secret", "(", "*")
	add(12, "Set-Cookie", "s=1; Path={run}; Secure; SameSite=None", "s=2; Path={run}; Secure; SameSite=Lax", "s=3; Path={run}; Secure; SameSite=Strict", "s=4; Path={run}; Secure; SameSite=None; HttpOnly")
	corp := 12
	if g.s.Page.EmbedderPolicy != "" {
		corp = 60
	}
	add(corp, "Cross-Origin-Resource-Policy", "same-origin", "same-site", "cross-origin", "cross-origin", "Same-Origin", "same-origin, same-origin", "bogus")
	add(6, "X-Content-Type-Options", "nosniff", "NOSNIFF", "x, nosniff")
	if a.Status == 206 || g.chance(2) {
		add(70, "Content-Range", "bytes 0-4/11", "bytes 2-10/11")
	}
	return a
}

// responseBody is the body of all answers, which integrityOfBody fits.
const (
	responseBody    = "hello world"
	integrityOfBody = "sha256-uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="
)

// location returns a Location for a resource, in one of many forms.
func (g *generator) location(at Place, path string) string {
	url := fmt.Sprintf("{%s:%s}", at, path)
	relative := fmt.Sprintf("//{%s.host}{run}/%s", at, path)
	return pick(g, weighted[string]{
		{70, url}, {6, url + "#there"}, {4, relative}, {3, url + "?q=%zz&r=%20"}, {1, `\\` + relative[2:]},
		{2, strings.Replace(relative, "//", "https://user:pw@", 1)}, {1, strings.Replace(relative, "//", "HTTPS://", 1)},
		{1, "{run}/" + path}, {1, path}, {1, "./x/../" + path}, {1, url + "?a b\té"}, {1, "  " + url + " "},
		{1, "data:text/plain,x"}, {1, "about:blank"}, {1, "https://far.test:6000/"}, {1, "https://far.test:99999/"}, {1, "https://exa mple/"}, {1, ""},
		{1, "javascript:1"}, {1, "ws://{far.host}{run}/" + path}, {1, "https:" + path},
	})
}

// contentTypes are the values that are tried for Content-Type.
var contentTypes = []string{
	"text/plain", "application/json", "text/plain;charset=utf-8", "TEXT/PLAIN", "application/x-www-form-urlencoded",
	"multipart/form-data; boundary=x", "text/plain, application/json", `text/plain;x="a"`, "text/plainx", "text/plain;", "",
	"text/plain; " + strings.Repeat("a", 128),
}
