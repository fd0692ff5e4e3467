package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// closeTabTimeout is how long a tab that could not be loaded may take to close.
const closeTabTimeout = 5 * time.Second

// firefox is a Browser that is spoken to with WebDriver BiDi.
type firefox struct {
	process *process
	bidi    *bidi
	version string
}

// Firefox starts Firefox. ctx bounds the start only. The caller has to close the
// browser.
func Firefox(ctx context.Context, o *Options) (Browser, error) {
	f, err := startFirefox(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("firefox: %w", err)
	}
	return f, nil
}

func startFirefox(ctx context.Context, o *Options) (*firefox, error) {
	path, err := o.find("firefox-esr", "firefox")
	if err != nil {
		return nil, err
	}
	dir, err := newProfile("firefox")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "user.js"), firefoxPrefs(o.Hosts), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	args := []string{"--headless", "--no-remote", "--profile", dir, "--remote-debugging-port=0"}
	p, err := startProcess(path, args, dir, o.Log)
	if err != nil {
		return nil, err
	}
	f := &firefox{process: p}
	if err := f.connect(ctx); err != nil {
		if f.bidi != nil {
			f.bidi.close()
		}
		return nil, p.abandon(err)
	}
	return f, nil
}

// connect makes a session.
func (f *firefox) connect(ctx context.Context) error {
	address, err := f.process.listen(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if f.bidi, err = dialBidi(ctx, address+"/session"); err != nil {
		return err
	}
	var session struct {
		Capabilities struct {
			BrowserVersion string `json:"browserVersion"`
		} `json:"capabilities"`
	}
	capabilities := map[string]any{"alwaysMatch": map[string]any{"acceptInsecureCerts": true}}
	if err := f.bidi.call(ctx, "session.new", map[string]any{"capabilities": capabilities}, &session); err != nil {
		return err
	}
	f.version = session.Capabilities.BrowserVersion
	return nil
}

func (f *firefox) Name() string    { return "firefox" }
func (f *firefox) Version() string { return f.version }

func (f *firefox) Open(ctx context.Context, url string) (Page, error) {
	page, err := f.open(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("firefox: opening %s: %w", url, err)
	}
	return page, nil
}

func (f *firefox) open(ctx context.Context, url string) (*firefoxPage, error) {
	var tab struct {
		Context string `json:"context"`
	}
	// In the foreground, a new tab waits to become visible, which it never is if
	// another one is opened meanwhile.
	create := map[string]any{"type": "tab", "background": true}
	if err := f.bidi.call(ctx, "browsingContext.create", create, &tab); err != nil {
		return nil, err
	}
	page := &firefoxPage{bidi: f.bidi, id: tab.Context}
	navigate := map[string]any{"context": page.id, "url": url, "wait": "complete"}
	if err := f.bidi.call(ctx, "browsingContext.navigate", navigate, nil); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTabTimeout)
		defer cancel()
		page.Close(ctx) // the other error is the one to report
		return nil, err
	}
	return page, nil
}

func (f *firefox) SetCookies(ctx context.Context, cookies []Cookie) error {
	for _, c := range cookies {
		cookie := map[string]any{
			"name":     c.Name,
			"value":    map[string]any{"type": "string", "value": c.Value},
			"domain":   c.Domain,
			"path":     c.Path,
			"secure":   c.Secure,
			"httpOnly": c.HTTPOnly,
			"sameSite": "default",
		}
		if c.SameSite != "" {
			cookie["sameSite"] = c.SameSite
		}
		if err := f.bidi.call(ctx, "storage.setCookie", map[string]any{"cookie": cookie}, nil); err != nil {
			return fmt.Errorf("firefox: cookie %q: %w", c.Name, err)
		}
	}
	return nil
}

func (f *firefox) DeleteCookies(ctx context.Context, path string) error {
	filter := map[string]any{"filter": map[string]any{"path": path}}
	if err := f.bidi.call(ctx, "storage.deleteCookies", filter, nil); err != nil {
		return fmt.Errorf("firefox: cookies: %w", err)
	}
	return nil
}

func (f *firefox) Close() error {
	err := f.process.stop()
	f.bidi.close()
	if err != nil {
		return fmt.Errorf("firefox: %w", err)
	}
	return nil
}

// A firefoxPage is a tab, a top-level browsing context.
type firefoxPage struct {
	bidi *bidi
	id   string
}

func (p *firefoxPage) Call(ctx context.Context, function string, arg, result any) error {
	if err := p.call(ctx, function, arg, result); err != nil {
		return fmt.Errorf("firefox: %w", err)
	}
	return nil
}

func (p *firefoxPage) call(ctx context.Context, function string, arg, result any) error {
	text, err := json.Marshal(arg)
	if err != nil {
		return err
	}
	var r struct {
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
		ExceptionDetails *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	if err := p.bidi.call(ctx, "script.callFunction", map[string]any{
		"functionDeclaration": expression(function),
		"arguments":           []any{map[string]any{"type": "string", "value": string(text)}},
		"target":              map[string]any{"context": p.id}, // without a sandbox: the page's realm
		"awaitPromise":        true,
	}, &r); err != nil {
		return err
	}
	if r.ExceptionDetails != nil {
		return &Exception{r.ExceptionDetails.Text}
	}
	return decode(r.Result.Value, result)
}

func (p *firefoxPage) Close(ctx context.Context) error {
	if err := p.bidi.call(ctx, "browsingContext.close", map[string]any{"context": p.id}, nil); err != nil {
		return fmt.Errorf("firefox: %w", err)
	}
	return nil
}
