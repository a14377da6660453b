package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
)

// demo sends samples and counts what did not end as it should.
type demo struct {
	stack   *stack.Stack
	program string
	out     io.Writer
	// The two workers.
	first, second *stack.Worker
	number        int
	wrong         int
}

// slow takes longer than a preview may.
const slow = "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b"

// The exit statuses of sqlpreview-worker preview.
const (
	answered    = 0
	refused     = 1
	interrupted = 130
)

func (d *demo) samples(ctx context.Context) error {
	for _, sample := range []struct {
		title, sql, connection string
		arguments              []string
		status                 int
		holds                  string
	}{
		{"Rows, with what was done to them: the token is masked, the bounds are declared", "select id, name, email, api_token from shop.customers order by id", "default", []string{"--max-rows", "3"}, answered, "example.com"},
		{"A refusal, with its reason", "delete from shop.customers", "default", nil, refused, "NOT_A_SELECT"},
		{"An error of the database", "select nme from shop.customers", "default", nil, refused, "UNDEFINED_OBJECT"},
		{"A connection that the agent does not have", "select 1", "elsewhere", nil, refused, "CONNECTION_NOT_FOUND"},
	} {
		command := d.begin(ctx, sample.title, sample.sql, append([]string{"--connection", sample.connection}, sample.arguments...)...)
		status, err := d.finish(ctx, command)
		if err != nil {
			return err
		}
		d.expect(status == sample.status && strings.Contains(command.output.String(), sample.holds),
			"it ended with status %d, and its output should hold %s", status, sample.holds)
	}
	if err := d.cancel(ctx); err != nil {
		return err
	}
	return d.kill(ctx)
}

// cancel shows that Ctrl-C at the caller ends the query in the database.
func (d *demo) cancel(ctx context.Context) error {
	command := d.begin(ctx, "A caller who goes away (Ctrl-C): the workflow is cancelled and the query ends in the database", slow)
	if err := d.backends(ctx, 1); err != nil {
		return err
	}
	start := time.Now()
	_ = command.Process.Signal(syscall.SIGINT)
	if err := d.backends(ctx, 0); err != nil {
		return err
	}
	took := time.Since(start)
	status, err := d.finish(ctx, command)
	fmt.Fprintf(d.out, "the query ended in the database %v after Ctrl-C\n", took.Round(time.Millisecond))
	d.expect(status == interrupted, "it ended with status %d", status)
	return err
}

// kill shows that a worker's end loses nothing. A lock keeps the preview at work
// until its worker is killed.
func (d *demo) kill(ctx context.Context) error {
	conn, err := pgconn.Connect(ctx, d.stack.DSN())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // its end releases the lock
	if _, err := conn.Exec(ctx, "begin; lock table shop.stock").ReadAll(); err != nil {
		return err
	}
	// So that it is known who takes it.
	if err := d.second.Stop(); err != nil {
		return fmt.Errorf("worker-2 did not stop in good order: %w", err)
	}
	command := d.begin(ctx, "A worker that is killed (SIGKILL) while it answers: another one takes over", "select count(*) from shop.stock")
	if err := d.backends(ctx, 1); err != nil {
		return err
	}
	if _, err := d.stack.StartWorker(ctx, "OP_TEMPORAL_IDENTITY=worker-3"); err != nil {
		return err
	}
	d.first.Kill()
	fmt.Fprintln(d.out, "worker-1, which was at it, is killed; worker-3 is there")
	if err := conn.Close(ctx); err != nil {
		return err
	}
	status, err := d.finish(ctx, command)
	d.expect(status == answered, "it ended with status %d", status)
	return errors.Join(err, d.backends(ctx, 0))
}

// command is one sqlpreview-worker preview.
type command struct {
	*exec.Cmd
	output bytes.Buffer
}

// begin prints what a sample is about and starts it.
func (d *demo) begin(ctx context.Context, title, sql string, arguments ...string) *command {
	d.number++
	fmt.Fprintf(d.out, "\n%d. %s\n   %s\n\n", d.number, title, sql)
	c := &command{Cmd: exec.CommandContext(ctx, d.program, append(append([]string{"preview", "--verbose"}, arguments...), "--", sql)...)} //nolint:gosec // the program is the operator's choice
	c.Env = d.stack.Environment()
	c.Stdout, c.Stderr = &c.output, &c.output
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGINT) }
	// A Ctrl-C at the terminal reaches this process alone, which hands it on.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		c.Err = err
	}
	return c
}

// finish waits for a sample's end, prints what it wrote, and returns its exit status.
func (d *demo) finish(ctx context.Context, c *command) (status int, _ error) {
	if c.Err != nil {
		return 0, c.Err
	}
	err := c.Wait()
	fmt.Fprint(d.out, c.output.String())
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.As(err, &exit):
		return exit.ExitCode(), nil
	}
	return 0, err
}

// expect says what is not as it should be.
func (d *demo) expect(ok bool, format string, arguments ...any) {
	if !ok {
		d.wrong++
		fmt.Fprintf(d.out, "NOT AS IT SHOULD BE: "+format+"\n", arguments...)
	}
}

// backends waits until so many previews run in the database.
func (d *demo) backends(ctx context.Context, want int) error {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		count, err := d.stack.Backends(ctx)
		if err != nil || count == want {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d queries run in the database, not %d", count, want)
		}
	}
}
