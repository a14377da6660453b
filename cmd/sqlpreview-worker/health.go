package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// healthCommand asks a running worker whether it is ready. It is the probe where
// there is no shell.
type healthCommand struct {
	Live    bool          `help:"Ask only whether the process answers."`
	Timeout time.Duration `placeholder:"TIME" default:"4s" help:"How long to wait for the answer. Default: 4s."`
	Address string        `arg:"" optional:"" env:"OP_TEMPORAL_HEALTH_LISTEN" help:"Where the worker answers probes, HOST:PORT. Default: OP_TEMPORAL_HEALTH_LISTEN."`
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 10

// Run asks once.
func (c *healthCommand) Run(ctx context.Context, env *environment) error {
	if c.Address == "" {
		return misuse{"say where the worker answers probes: HOST:PORT, or OP_TEMPORAL_HEALTH_LISTEN"}
	}
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return misuse{"the address is not HOST:PORT"}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	path := "/readyz"
	if c.Live {
		path = "/livez"
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return misuse{"the address is not HOST:PORT"}
	}
	answer, err := (&http.Client{Transport: &http.Transport{}}).Do(request) // no proxy
	if err != nil {
		return errors.New("not ready: nothing answers at the worker's address")
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	text := strings.TrimSpace(string(said))
	if answer.StatusCode != http.StatusOK {
		return errors.New(text)
	}
	_, err = fmt.Fprintln(env.stdout, text)
	return err
}
