package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/signal"
	"syscall"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/console"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/server"
)

// consoleDrain is how long the end of the command waits for running previews
// before it cancels them: the user who presses Ctrl-C waits for none.
const consoleDrain = 200 * time.Millisecond

// consoleCommand serves the console's page to the user of this terminal.
type consoleCommand struct {
	NoOpen bool `name:"no-open" help:"Print the link only, and open no browser."`
	sourceFlags
	settingFlags
}

// Help says what the short lines cannot.
func (*consoleCommand) Help() string {
	return `Serves the page on a free port of 127.0.0.1 and prints its link, which works once and for five minutes; on a desktop
it opens a browser with it. Enter prints another link, after a reload for instance; Ctrl-C ends the command.
The databases and the settings are those of serve (the environment, --config, --set): limits, masking, policy, min_grade and
the egress record included. Settings about who may call, and from where, do not apply: the link decides.
On a server without a desktop, forward the port: ssh -L PORT:127.0.0.1:PORT HOST, then open the link at home.`
}

// Run serves until Ctrl-C.
func (c *consoleCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.load(env, c.sourceSettings()...)
	if isMisuse(err) {
		return err
	}
	words := *env
	words.brief = true
	page, err := openConsole(ctx, config, err, &words)
	if err != nil {
		return err
	}
	limitMemory()
	return page.show(ctx, env, !c.NoOpen, page.sidecar.warnAtStart(config, page.sidecar.core))
}

// show prints the link, opens a browser with it where open says so and there is one,
// and serves until ctx ends. Then it closes everything; stopLooking ends what looks
// at the databases.
func (p *consolePage) show(ctx context.Context, env *environment, open bool, stopLooking func()) error {
	// The terminal that closes ends the command, which then removes what it made.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	link := p.link()
	_, err := fmt.Fprintln(env.stdout, link)
	if err == nil {
		fmt.Fprintf(env.stderr, "The link works once, within %d minutes. Enter prints another one, Ctrl-C ends the console.\n", int(console.LinkLifetime.Minutes()))
		if open && hasDesktop(env) {
			remove, opened := openBrowser(link)
			defer remove()
			if opened != nil {
				fmt.Fprintln(env.stderr, "No browser could be opened; open the link yourself.")
			}
		}
		go p.printLinks(env.stdin, env.stdout)
		err = p.sidecar.serve(ctx, p.listener, nil)
	}
	stopLooking()
	_ = p.listener.Close() // serving has closed it, if it began
	return errors.Join(err, p.sidecar.close())
}

// consolePage is a sidecar that serves the page to those who have a link.
type consolePage struct {
	sidecar  *sidecar
	sessions *console.Sessions
	listener net.Listener
}

// openConsole puts a sidecar together as serve does, with the page, and callers that
// come by a link alone. known are the faults of config that are known.
func openConsole(ctx context.Context, config *config, known error, env *environment) (_ *consolePage, err error) {
	sessions := console.NewSessions()
	public, err := console.New(console.Config{Mode: console.ModeLink, Sessions: sessions, Version: versionString()})
	if err != nil {
		return nil, err
	}
	// The page is for this machine's own browser.
	config.Callers, config.AllowedHosts, config.AllowedOrigins = callers{}, nil, nil
	config.AdminListen, config.MCP, config.Console = "", false, false
	config.DrainTimeout = consoleDrain
	s, err := newSidecar(ctx, config, known, env, func(c *server.Config) {
		c.Authenticate, c.Public = sessions.Authenticate, public
	})
	var tooLow *doctor.GradeError
	switch {
	case errors.As(err, &tooLow):
		return nil, err
	case err != nil:
		return nil, config.misconfigured(err)
	}
	defer func() {
		if err != nil {
			_ = s.close()
		}
	}()
	if s.core.source.single {
		if _, err := s.core.connection(ctx, config, preview.DefaultConnectionID); isMisuse(err) {
			return nil, err
		}
	}
	listener, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &consolePage{sidecar: s, sessions: sessions, listener: listener}, nil
}

// link makes a new link. Its token stands in the fragment, which no browser sends.
func (p *consolePage) link() string {
	return "http://" + p.listener.Addr().String() + "/#" + p.sessions.NewLink()
}

// printLinks prints a new link for each line that is typed.
func (p *consolePage) printLinks(typed io.Reader, out io.Writer) {
	// In the background of a shell, reading from its terminal would stop the process.
	signal.Ignore(syscall.SIGTTIN)
	lines := bufio.NewReader(typed)
	for {
		part, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil || len(part) == 0 {
			return
		}
		fmt.Fprintln(out, p.link())
	}
}

// consoleMode is how the page of serve finds the token that callers must send.
func (c callers) consoleMode() console.Mode {
	if c.TokenFile != "" || c.Issuer != "" {
		return console.ModeToken
	}
	return console.ModeOpen
}
