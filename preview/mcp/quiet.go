package mcp

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// quiet is a transport that answers no call that the client has cancelled, as
// the protocol asks for; the SDK would send the answer that the call then gives.
//
// When the client has closed its side, calls that are running get a short time to
// end, so that requests can be piped in; then closed is called.
type quiet struct {
	sdk.Transport
	closed func()
}

// Connect implements sdk.Transport.
func (q quiet) Connect(ctx context.Context) (sdk.Connection, error) {
	conn, err := q.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &quietConnection{Connection: conn, closed: q.closed, running: map[any]bool{}, ended: make(chan struct{}, 1)}, nil
}

type quietConnection struct {
	sdk.Connection
	closed func()
	// ended gets a value when a call has been answered.
	ended chan struct{}

	mu sync.Mutex
	// running has the ids of the calls that were not answered; true for those that
	// were cancelled.
	running map[any]bool
}

func (c *quietConnection) Read(ctx context.Context) (jsonrpc.Message, error) {
	message, err := c.Connection.Read(ctx)
	if err != nil {
		c.drain(ctx)
		c.closed()
		return nil, err
	}
	request, ok := message.(*jsonrpc.Request)
	if !ok {
		return message, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case request.IsCall():
		c.running[request.ID.Raw()] = false
	case request.Method == "notifications/cancelled":
		var params struct {
			RequestID any `json:"requestId"`
		}
		if json.Unmarshal(request.Params, &params) != nil {
			break
		}
		id, err := jsonrpc.MakeID(params.RequestID)
		if err != nil {
			break
		}
		if _, known := c.running[id.Raw()]; known {
			c.running[id.Raw()] = true
		}
	}
	return message, nil
}

func (c *quietConnection) Write(ctx context.Context, message jsonrpc.Message) error {
	response, ok := message.(*jsonrpc.Response)
	if !ok {
		return c.Connection.Write(ctx, message)
	}
	defer func() {
		c.forget(response.ID.Raw())
		select {
		case c.ended <- struct{}{}:
		default:
		}
	}()
	if c.cancelled(response.ID.Raw()) {
		return nil
	}
	return c.Connection.Write(ctx, message)
}

// cancelled reports whether the client has cancelled a call.
func (c *quietConnection) cancelled(id any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running[id]
}

func (c *quietConnection) forget(id any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, id)
}

// drain waits until every call was answered, at most for closingGrace.
func (c *quietConnection) drain(ctx context.Context) {
	timer := time.NewTimer(closingGrace)
	defer timer.Stop()
	for {
		c.mu.Lock()
		running := len(c.running)
		c.mu.Unlock()
		if running == 0 {
			return
		}
		select {
		case <-c.ended:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
