package service

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// IgnoreSignals keeps a daemon running on SIGHUP and SIGPIPE, whose default action
// would kill it and leave the socket file behind. It returns what restores the
// defaults.
//
// SIGHUP asks a daemon to read its files again, which ours do by themselves; when
// a terminal hangs up, what runs in it still ends. SIGPIPE comes when the reader
// of the log has gone: the restart of a log collector must not end the previews.
func IgnoreSignals(log *slog.Logger) (restore func()) {
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
				log.Info("SIGHUP changes nothing: secrets, tokens, keys, certificates and connections are read anew by themselves, settings at a restart")
			}
		}
	}()
	return func() {
		signal.Stop(broken)
		signal.Stop(hangUp)
		close(done)
	}
}
