package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"
)

// A bidi is a connection that speaks WebDriver BiDi. It may be used concurrently.
//
// See https://w3c.github.io/webdriver-bidi/#protocol.
type bidi struct {
	socket *websocket.Conn
	out    chan []byte // commands on their way to the writer
	ctx    context.Context
	cancel context.CancelCauseFunc // ends reader and writer; the cause is why
	wg     sync.WaitGroup

	mu      sync.Mutex
	next    int
	pending map[int]chan *bidiMessage // by id, each of capacity 1
}

// A bidiMessage is a response or, with no id, an event or a complaint.
type bidiMessage struct {
	Type    string          `json:"type"`
	ID      *int            `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
}

// A bidiError is the browser's refusal of a command.
type bidiError struct {
	method, code, message string
}

func (e *bidiError) Error() string { return fmt.Sprintf("%s: %s: %s", e.method, e.code, e.message) }

var errBidiClosed = errors.New("connection closed")

// dialBidi connects. The caller has to close the connection.
func dialBidi(ctx context.Context, address string) (*bidi, error) {
	socket, _, err := websocket.Dial(ctx, address, nil)
	if err != nil {
		return nil, err
	}
	socket.SetReadLimit(-1) // results are as long as the pages' functions make them
	c := &bidi{
		socket:  socket,
		out:     make(chan []byte),
		pending: make(map[int]chan *bidiMessage),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.wg.Go(c.read)
	c.wg.Go(c.write)
	return c, nil
}

// close drops the connection and fails the calls under way.
func (c *bidi) close() {
	c.cancel(errBidiClosed)
	c.socket.CloseNow()
	c.wg.Wait()
}

// write sends commands. It has a goroutine to itself because the end of a context
// during a write drops the connection, which one call must not do to the others.
func (c *bidi) write() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case text := <-c.out:
			if err := c.socket.Write(c.ctx, websocket.MessageText, text); err != nil {
				c.cancel(err)
				return
			}
		}
	}
}

func (c *bidi) read() {
	for {
		_, text, err := c.socket.Read(c.ctx)
		if err != nil {
			c.cancel(err)
			return
		}
		m := new(bidiMessage)
		if err := json.Unmarshal(text, m); err != nil {
			c.cancel(err)
			return
		}
		if m.ID == nil {
			continue // no event is subscribed to
		}
		c.mu.Lock()
		reply := c.pending[*m.ID]
		delete(c.pending, *m.ID)
		c.mu.Unlock()
		if reply != nil { // the call may have been given up
			reply <- m
		}
	}
}

// call sends a command and stores its result in result, unless that is nil.
func (c *bidi) call(ctx context.Context, method string, params, result any) error {
	reply := make(chan *bidiMessage, 1)
	c.mu.Lock()
	c.next++
	id := c.next
	c.pending[id] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
	}()

	text, err := json.Marshal(struct {
		ID     int    `json:"id"`
		Method string `json:"method"`
		Params any    `json:"params"`
	}{id, method, params})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case c.out <- text:
	case <-c.ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(c.ctx))
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case m := <-reply:
		if m.Type == "error" {
			return &bidiError{method, m.Error, m.Message}
		}
		if result == nil {
			return nil
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return nil
	case <-c.ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(c.ctx))
	case <-ctx.Done():
		return ctx.Err()
	}
}
