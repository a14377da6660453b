package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	superuser  = "postgres"
	socketPort = 5432 // only a name inside the private directory
)

// supervisor runs initdb with its arguments, then waits for orders: "start"
// starts the server, "stop" ends it. Reading ends when the parent closes its
// end of the pipe or dies; then the server is stopped without waiting for
// clients (SIGQUIT: nothing in it needs saving) and the directory removed. The
// file "ended" appears when the server has ended. A frozen server is thawed
// first, or no signal but SIGKILL would reach it. Signals are sent until the
// server has ended: one that has only just begun still ignores them, as every
// job that a shell starts in the background does.
const supervisor = `
exec 3>&1 >>log 2>&1
job=
start() {
	rm -f ended pid
	{
		sh -c 'echo $$ >pid; echo $$ >&3; exec "$PGTEST_BIN/postgres" -D "$PGTEST_DIR/data" 3>&-' <&-
		: >ended
	} &
	job=$!
}
stop() {
	until test -e ended; do
		if read -r pid <pid; then kill -CONT "$pid"; kill -"$1" "$pid"; fi
		sleep 0.02
	done
	wait "$job"
} 2>/dev/null
if "$PGTEST_BIN/initdb" "$@" <&- 3>&-; then echo ready >&3; else echo failed >&3; fi
while read -r order; do
	case "$order" in
	start) start ;;
	stop) stop INT; echo stopped >&3 ;;
	esac
done
if test -n "$job"; then stop QUIT; fi
cd /
rm -rf "$PGTEST_DIR"
`

// cluster is one data directory and the processes that serve it.
type cluster struct {
	dir     string
	tcpPort int
	secret  string
	shell   *exec.Cmd
	orders  io.WriteCloser
	answers *os.File
	pid     int
}

func newCluster(ctx context.Context, o Options) (*cluster, error) {
	binDir, err := findBinDir(o.BinDir, os.Getenv, installDirs())
	if err != nil {
		return nil, err
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(shortTempDir(), "pgtest")
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, secret: rand.Text()}
	if err := errors.Join(c.writePassword(acct), acct.own(dir)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := c.launch(binDir, acct, o); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := c.setUp(ctx, o); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// setUp takes the cluster from a running supervisor to a server that answers.
func (c *cluster) setUp(ctx context.Context, o Options) error {
	stop := context.AfterFunc(ctx, func() {
		_ = c.answers.SetReadDeadline(time.Unix(1, 0)) // initdb then ends by itself, in about a second
	})
	defer stop()
	switch answer, err := c.answer(); {
	case ctx.Err() != nil:
		return fmt.Errorf("the throw-away PostgreSQL's start was given up: %w", ctx.Err())
	case err != nil:
		return err
	case answer != "ready":
		return fmt.Errorf("initdb failed: %s", c.log())
	}
	if err := os.Remove(c.passwordFile()); err != nil {
		return err
	}
	if err := c.configure(o); err != nil {
		return err
	}
	return c.start(ctx)
}

// shortTempDir is a folder whose path leaves room for a socket's name: a
// socket's whole path may have about 100 bytes.
func shortTempDir() string {
	if dir := os.TempDir(); len(dir) <= 40 {
		return dir
	}
	return "/tmp"
}

func (c *cluster) passwordFile() string { return filepath.Join(c.dir, "password") }

func (c *cluster) writePassword(acct *account) error {
	if err := os.WriteFile(c.passwordFile(), []byte(c.secret+"\n"), 0o600); err != nil {
		return err
	}
	return acct.own(c.passwordFile())
}

func (c *cluster) initdbArgs(o Options) []string {
	encoding := o.Encoding
	if encoding == "" {
		encoding = "UTF8"
	}
	return []string{"--pgdata=" + filepath.Join(c.dir, "data"),
		"--username=" + superuser, "--pwfile=" + c.passwordFile(), "--auth-local=trust", "--auth-host=scram-sha-256",
		"--encoding=" + encoding, "--locale=C", "--no-sync"}
}

// environment is this process's without what would steer PostgreSQL's tools.
func environment() []string {
	var env []string
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); !strings.HasPrefix(name, "PG") && !strings.HasPrefix(name, "LC_") {
			env = append(env, entry)
		}
	}
	return append(env, "LC_ALL=C")
}

func (c *cluster) configure(o Options) error {
	settings := map[string]string{
		"listen_addresses":        "",
		"port":                    strconv.Itoa(socketPort),
		"unix_socket_directories": c.dir,
		"fsync":                   "off",
		"synchronous_commit":      "off",
		"full_page_writes":        "off",
		"shared_buffers":          "16MB",
		"max_wal_size":            "128MB",
		"autovacuum":              "off",
		"log_timezone":            "UTC",
		"timezone":                "UTC",
	}
	if o.TCP {
		port, err := freePort()
		if err != nil {
			return err
		}
		c.tcpPort = port
		settings["listen_addresses"] = "127.0.0.1"
		settings["port"] = strconv.Itoa(port)
	}
	for name, value := range o.Settings {
		settings[name] = value
	}
	var text strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&text, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''"))
	}
	file, err := os.OpenFile(filepath.Join(c.dir, "data", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text.String())
	return errors.Join(err, file.Close())
}

// freePort asks the kernel for a port that is free now. Another process may
// take it before the server does; then the server's start fails and says so.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}

func (c *cluster) launch(binDir string, acct *account, o Options) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", supervisor, "pgtest"}, c.initdbArgs(o)...)...)
	cmd.Dir = c.dir
	cmd.Env = append(environment(), "PGTEST_BIN="+binDir, "PGTEST_DIR="+c.dir)
	cmd.Stdout = write
	acct.detach(cmd)
	orders, err := cmd.StdinPipe()
	if err != nil {
		return errors.Join(err, read.Close(), write.Close())
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, read.Close(), write.Close())
	}
	c.shell, c.orders, c.answers = cmd, orders, read
	return write.Close()
}

func (c *cluster) readPID() error {
	line, err := c.answer()
	if err != nil {
		return err
	}
	c.pid, err = strconv.Atoi(line)
	return err
}

// answer reads one line of the supervisor's.
func (c *cluster) answer() (string, error) {
	var line []byte
	for one := make([]byte, 1); ; {
		if _, err := io.ReadFull(c.answers, one); err != nil {
			return "", fmt.Errorf("the throw-away PostgreSQL's supervisor ended: %w", err)
		}
		if one[0] == '\n' {
			return string(line), nil
		}
		line = append(line, one[0])
	}
}

// order tells the supervisor to do something.
func (c *cluster) order(word string) error {
	_, err := io.WriteString(c.orders, word+"\n")
	return err
}

func (c *cluster) stop(word string) error {
	if err := c.order(word); err != nil {
		return err
	}
	_, err := c.answer()
	return err
}

func (c *cluster) start(ctx context.Context) error {
	if err := c.order("start"); err != nil {
		return err
	}
	if err := c.readPID(); err != nil {
		return err
	}
	return c.waitReady(ctx)
}

func (c *cluster) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, c.dsn(superuser, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the throw-away PostgreSQL did not start: %w: %s", ctx.Err(), c.log())
		case <-time.After(10 * time.Millisecond):
		}
		if _, err := os.Stat(filepath.Join(c.dir, "ended")); err == nil {
			return fmt.Errorf("the throw-away PostgreSQL ended at its start: %s", c.log())
		}
	}
}

// dsn is a keyword/value connection string over the Unix socket.
func (c *cluster) dsn(user, database string) string {
	port := socketPort
	if c.tcpPort != 0 {
		port = c.tcpPort
	}
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable", c.dir, port, quote(user), quote(database))
}

// quote makes a value of a keyword/value connection string.
func quote(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}

// close stops the server, removes the directory and waits until both are done.
func (c *cluster) close() error {
	err := c.orders.Close()
	if waitErr := c.shell.Wait(); waitErr != nil {
		err = errors.Join(err, waitErr)
	}
	return errors.Join(err, c.answers.Close())
}

// log is the end of what initdb and the server have written, as one line.
func (c *cluster) log() string {
	text, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if err != nil {
		return "its log cannot be read"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " | ")
}
