package main

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
)

// hasDesktop reports whether a browser can be opened for the user of the
// terminal: not where they sit at another machine.
func hasDesktop(env *environment) bool {
	if !screen.IsTerminal(env.stdout) || env.getenv("SSH_CONNECTION") != "" {
		return false
	}
	return runtime.GOOS == "darwin" || env.getenv("DISPLAY") != "" || env.getenv("WAYLAND_DISPLAY") != ""
}

// openBrowser opens a link in the user's browser, or says why not; remove removes the
// file that it made for this. The link is a secret and every user of the machine can see
// the arguments of a process, so the browser is given the name of a file that only
// this user can read, and which leads to the link.
func openBrowser(link string) (remove func(), err error) {
	remove = func() {}
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return remove, err
	}
	folder, err := os.MkdirTemp(browserFolder(), "sqlpreview-console-")
	if err != nil {
		return remove, err
	}
	remove = func() { _ = os.RemoveAll(folder) }
	file := filepath.Join(folder, "open.html")
	content := fmt.Sprintf("<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer>"+
		"<title>sqlpreview console</title><meta http-equiv=refresh content=\"0;url=%s\">", html.EscapeString(link))
	command := exec.Command(path, file) //nolint:gosec // the system's own program and a file of ours
	// Ctrl-C is for this command, not for the browser.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		return remove, err
	}
	if err := command.Start(); err != nil {
		return remove, err
	}
	go func() { _ = command.Wait() }() // it may last as long as the browser
	return remove, nil
}

// browserFolder is where the browser can read a file: a browser from the snap store
// has a temporary folder of its own, and sees of the home folder what is not hidden.
func browserFolder() string {
	if _, err := os.Stat("/snap"); err == nil {
		if home, err := os.UserHomeDir(); err == nil {
			return home
		}
	}
	return ""
}
