package compare

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsengine/corsengine/internal/differential/run"
	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/world"
)

// What the predicates of the known deviations look at.

func (c *Case) exchange(runner string) *run.Exchange { return &c.All[runner].Exchanges[c.Fetch] }

// request returns the request of the engine that the field is of, and the name of
// the header or "body".
func (c *Case) request() (q *world.Request, name string, ok bool) {
	rest, ok := strings.CutPrefix(c.Field, "request ")
	if !ok {
		return nil, "", false
	}
	number, name, _ := strings.Cut(rest, " ")
	i, err := strconv.Atoi(number)
	if err != nil {
		return nil, "", false
	}
	return &c.exchange(run.EngineName).Requests[i-1], name, true
}

// inHeader reports whether the difference is in one of some headers of a request.
func (c *Case) inHeader(names ...string) bool {
	_, name, ok := c.request()
	return ok && slices.Contains(names, name)
}

// inPreflight reports whether the difference is in one of some headers of a
// preflight.
func (c *Case) inPreflight(names ...string) bool {
	q, _, ok := c.request()
	return ok && q.Preflight && c.inHeader(names...)
}

// decides reports whether the difference is in which requests were made, or in
// what came of the fetch.
func (c *Case) decides() bool { return c.Field == FieldRequests || c.Field == FieldOutcome }

// diverge returns the requests at which engine and browser part, nil for one that
// has no more.
func (c *Case) diverge() (engine, browser *world.Request) {
	mine, its := c.exchange(run.EngineName).Requests, c.exchange(c.Browser).Requests
	for i := 0; i < len(mine) || i < len(its); i++ {
		engine, browser = nil, nil
		if i < len(mine) {
			engine = &mine[i]
		}
		if i < len(its) {
			browser = &its[i]
		}
		if engine == nil || browser == nil || engine.Method != browser.Method || engine.URL != browser.URL || engine.Preflight != browser.Preflight {
			return engine, browser
		}
	}
	return nil, nil
}

// extraPreflight reports whether the browser sends a preflight where the engine
// sends none.
func (c *Case) extraPreflight() bool {
	engine, browser := c.diverge()
	return c.Field == FieldRequests && browser != nil && browser.Preflight && engine != nil && !engine.Preflight && engine.URL == browser.URL
}

// missingPreflight reports whether the engine sends a preflight where the browser
// sends none.
func (c *Case) missingPreflight() bool {
	engine, browser := c.diverge()
	return c.Field == FieldRequests && engine != nil && engine.Preflight && browser != nil && !browser.Preflight && engine.URL == browser.URL
}

// authored returns the values that the page gives a header.
func (c *Case) authored(name string) []string { return scenario.Lines(c.Fetched().Header, name) }

// repeats reports whether the page has two lines of a header.
func (c *Case) repeats() bool {
	seen := make(map[string]bool)
	for _, h := range c.Fetched().Header {
		name := strings.ToLower(h.Name)
		if seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// conditional reports whether the page makes a conditional request of its own.
func (c *Case) conditional() bool {
	return slices.ContainsFunc(c.Fetched().Header, func(h scenario.Field) bool {
		switch strings.ToLower(h.Name) {
		case "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range":
			return true
		}
		return false
	})
}

// revalidates reports whether the cache mode is one that asks servers.
func (c *Case) revalidates() bool {
	switch c.Fetched().Cache {
	case "no-store", "reload", "no-cache":
		return true
	}
	return c.conditional()
}

// fromCache reports whether an earlier fetch of the scenario may have left
// something in the preflight cache.
func (c *Case) fromCache() bool { return c.Fetch > 0 }

// preflightLines returns, for each preflight answer, its lines of a header.
func (c *Case) preflightLines(name string) [][]string {
	var all [][]string
	for _, r := range c.Scenario.Servers {
		for _, a := range r.Preflight {
			all = append(all, scenario.Lines(a.Header, name))
		}
	}
	return all
}

// preflightHas reports whether a preflight answer has a line of a header that fits.
func (c *Case) preflightHas(name string, fits func(string) bool) bool {
	return slices.ContainsFunc(c.preflightLines(name), func(l []string) bool { return slices.ContainsFunc(l, fits) })
}

// answerHas reports whether any other answer has a line of a header that fits.
func (c *Case) answerHas(name string, fits func(string) bool) bool {
	return slices.ContainsFunc(c.Scenario.Servers, func(r scenario.Resource) bool {
		return slices.ContainsFunc(r.Answer, func(a scenario.Answer) bool { return slices.ContainsFunc(scenario.Lines(a.Header, name), fits) })
	})
}

// anyLine fits every line.
func anyLine(string) bool { return true }

// listsStar reports whether a line lists the wildcard.
func listsStar(line string) bool { return slices.Contains(elements(line), "*") }

func elements(line string) []string {
	list := strings.Split(line, ",")
	for i, e := range list {
		list[i] = strings.Trim(e, " \t")
	}
	return list
}

// isLoopback reports whether a symbolic URL or origin is http and trustworthy all
// the same.
func isLoopback(url string) bool {
	return strings.HasPrefix(url, "{local") || strings.HasPrefix(url, "{ip")
}

// visits reports whether the engine sends a request, up to the one of the
// difference, to a URL that fits.
func (c *Case) visits(fits func(url string) bool) bool {
	last, _, _ := c.request()
	for i := range c.exchange(run.EngineName).Requests {
		q := &c.exchange(run.EngineName).Requests[i]
		if fits(q.URL) {
			return true
		}
		if q == last {
			break
		}
	}
	return false
}

// otherTaint reports whether in some fetch the origin of a request is null for the
// engine, and not for the browser.
func (c *Case) otherTaint(fetch int) bool {
	mine, its := c.All[run.EngineName].Exchanges[fetch].Requests, c.All[c.Browser].Exchanges[fetch].Requests
	for i := range min(len(mine), len(its)) {
		if mine[i].Header["origin"] == "null" && its[i].Header["origin"] != "null" {
			return true
		}
	}
	return false
}

// redirected reports whether the fetch leads to more than one URL.
func (c *Case) redirected() bool {
	requests := c.exchange(run.EngineName).Requests
	return len(requests) > 0 && slices.ContainsFunc(requests, func(q world.Request) bool { return q.URL != requests[0].URL })
}

// failedBefore reports whether any fetch before this one failed in the engine.
func (c *Case) failedBefore() bool {
	return slices.ContainsFunc(c.All[run.EngineName].Exchanges[:c.Fetch], func(x run.Exchange) bool { return x.Seen.Failed != "" })
}

// simpleFailedBefore reports whether any fetch before this one failed that needed
// no preflight.
func (c *Case) simpleFailedBefore() bool {
	for i, x := range c.All[run.EngineName].Exchanges[:c.Fetch] {
		f := &c.Scenario.Fetches[i]
		safelisted := f.Method == "" || f.Method == "HEAD" || f.Method == "POST"
		if x.Seen.Failed != "" && safelisted && len(f.Header) == 0 {
			return true
		}
	}
	return false
}
