package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

// chromium is a Browser that is spoken to with the DevTools protocol.
type chromium struct {
	process    *process
	ctx        context.Context // chromedp's, of which those of the tabs are made
	disconnect func()
	version    string
}

// Chromium starts Chromium. ctx bounds the start only. The caller has to close
// the browser.
func Chromium(ctx context.Context, o *Options) (Browser, error) {
	c, err := startChromium(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("chromium: %w", err)
	}
	return c, nil
}

func startChromium(ctx context.Context, o *Options) (*chromium, error) {
	path, err := o.find("chromium")
	if err != nil {
		return nil, err
	}
	dir, err := newProfile("chromium")
	if err != nil {
		return nil, err
	}
	if err := writeChromiumPreferences(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p, err := startProcess(path, chromiumFlags(dir, o.Hosts), dir, o.Log)
	if err != nil {
		return nil, err
	}
	c := &chromium{process: p}
	if err := c.connect(ctx); err != nil {
		return nil, p.abandon(err)
	}
	return c, nil
}

// connect makes the context of the browser. It leaves none on an error.
func (c *chromium) connect(ctx context.Context) error {
	address, err := c.process.listen(ctx)
	if err != nil {
		return err
	}
	allocator, cancelAllocator := remote.NewAllocator(context.Background(), address, remote.NoModifyURL)
	discard := func(string, ...any) {} // messages for those who debug chromedp
	tabs, cancelTabs := chromedp.NewContext(allocator, chromedp.WithLogf(discard))
	c.ctx = tabs
	c.disconnect = func() {
		cancelTabs()
		cancelAllocator()
		chromedp.FromContext(tabs).Allocator.Wait()
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.process.stop() }) // which ends what follows
	v, err := chromedp.CallBrowser(tabs, browser.GetVersion, cdp.Empty{})
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		c.process.stop()
		c.disconnect()
		return err
	}
	_, c.version, _ = strings.Cut(v.Product, "/")
	return nil
}

func (c *chromium) Name() string    { return "chromium" }
func (c *chromium) Version() string { return c.version }

func (c *chromium) Open(ctx context.Context, url string) (Page, error) {
	page, err := c.open(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("chromium: opening %s: %w", url, err)
	}
	return page, nil
}

func (c *chromium) open(ctx context.Context, url string) (*chromiumPage, error) {
	tab, closeTab := chromedp.NewContext(c.ctx)
	stop := context.AfterFunc(ctx, closeTab)
	err := chromedp.Do(tab, chromedp.Navigate(url), chromedp.Func(ignoreNetwork))
	if !stop() {
		return nil, ctx.Err()
	}
	if err != nil {
		closeTab()
		return nil, err
	}
	return &chromiumPage{ctx: tab, target: chromedp.FromContext(tab).Target}, nil
}

// ignoreNetwork ends the observation of requests, which chromedp needs for the
// navigation: the requests that matter shall not be observed ones.
func ignoreNetwork(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, network.Disable, cdp.Empty{})
	return err
}

// sameSites are the values of the protocol. That of "" is left out of messages.
var sameSites = map[string]network.CookieSameSite{
	"":       "",
	"none":   network.CookieSameSiteNone,
	"lax":    network.CookieSameSiteLax,
	"strict": network.CookieSameSiteStrict,
}

func (c *chromium) SetCookies(ctx context.Context, cookies []Cookie) error {
	var params storage.SetCookiesParams
	for _, k := range cookies {
		sameSite, ok := sameSites[k.SameSite]
		if !ok {
			return fmt.Errorf("chromium: cookie %q: no such SameSite: %q", k.Name, k.SameSite)
		}
		params.Cookies = append(params.Cookies, &network.CookieParam{
			Name:     k.Name,
			Value:    k.Value,
			Domain:   k.Domain, // without a dot before it, it is a host
			Path:     k.Path,
			Secure:   k.Secure,
			HTTPOnly: k.HTTPOnly,
			SameSite: sameSite,
		})
	}
	if _, err := cdp.Call(ctx, chromedp.FromContext(c.ctx).Browser, storage.SetCookies, params); err != nil {
		return fmt.Errorf("chromium: cookies: %w", err)
	}
	return nil
}

// DeleteCookies replaces the cookies by ones that have expired. The command to
// delete needs a page.
func (c *chromium) DeleteCookies(ctx context.Context, path string) error {
	all, err := cdp.Call(ctx, chromedp.FromContext(c.ctx).Browser, storage.GetCookies, storage.GetCookiesParams{})
	if err != nil {
		return fmt.Errorf("chromium: cookies: %w", err)
	}
	var params storage.SetCookiesParams
	for _, k := range all.Cookies {
		if k.Path == path {
			params.Cookies = append(params.Cookies, &network.CookieParam{
				Name: k.Name, Domain: k.Domain, Path: k.Path, Secure: k.Secure, HTTPOnly: k.HTTPOnly, SameSite: k.SameSite, Expires: 1,
			})
		}
	}
	if len(params.Cookies) == 0 {
		return nil
	}
	if _, err := cdp.Call(ctx, chromedp.FromContext(c.ctx).Browser, storage.SetCookies, params); err != nil {
		return fmt.Errorf("chromium: cookies: %w", err)
	}
	return nil
}

func (c *chromium) Close() error {
	err := c.process.stop()
	c.disconnect()
	if err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	return nil
}

// A chromiumPage is a tab in a window of its own, as chromedp makes them, and
// never hidden.
type chromiumPage struct {
	ctx    context.Context // ends with the tab
	target *chromedp.Target
}

func (p *chromiumPage) Call(ctx context.Context, function string, arg, result any) error {
	if err := p.call(ctx, function, arg, result); err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	return nil
}

var errPageGone = errors.New("the page is closed, or the browser is gone")

func (p *chromiumPage) call(ctx context.Context, function string, arg, result any) error {
	text, err := json.Marshal(arg)
	if err != nil {
		return err
	}
	literal, err := json.Marshal(string(text)) // is JavaScript too
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Nobody receives the answers for a tab whose context has ended.
	stop := context.AfterFunc(p.ctx, func() { cancel(errPageGone) })
	defer stop()
	awaited := true
	r, err := cdp.Call(ctx, p.target, runtime.Evaluate, runtime.EvaluateParams{
		Expression:    "(" + expression(function) + ")(" + string(literal) + ")",
		AwaitPromise:  &awaited,
		ReturnByValue: &awaited,
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	if d := r.ExceptionDetails; d != nil {
		return thrown(d)
	}
	var value string
	if err := json.Unmarshal(r.Result.Value, &value); err != nil {
		return fmt.Errorf("result of a function: %w", err)
	}
	return decode(value, result)
}

// thrown returns the error for an exception outside of the function, which
// then has a syntax error.
func thrown(d *runtime.ExceptionDetails) *Exception {
	if d.Exception == nil {
		return &Exception{d.Text}
	}
	message, _, _ := strings.Cut(d.Exception.Description, "\n") // the rest is a stack
	return &Exception{message}
}

func (p *chromiumPage) Close(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- chromedp.Cancel(p.ctx) }() // takes five seconds at most
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("chromium: %w", err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
