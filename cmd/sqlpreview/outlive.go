package main

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// outlive keeps serve alive where a signal would end it at once, with previews
// running and its socket left behind, and, since a service manager takes such an
// end for a good one, for good. It returns what puts the default back.
//
// SIGHUP asks a daemon to read its files again, which this one does by itself; a
// terminal that hangs up still ends what runs in it. SIGPIPE comes when whoever
// reads the log is gone: what left is in the egress record, and the restart of a
// log collector must not cost the previews.
func outlive(log *slog.Logger) (restore func()) {
	broken, hangUp, done := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(broken, syscall.SIGPIPE)
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		signal.Notify(hangUp, syscall.SIGHUP)
	}
	go func() {
		for {
			select {
			case <-done:
				return
			case <-hangUp:
				log.Info("SIGHUP changes nothing: secrets, tokens, certificates and connections are read anew by themselves, settings at a restart")
			}
		}
	}()
	return func() {
		signal.Stop(broken)
		signal.Stop(hangUp)
		close(done)
	}
}
