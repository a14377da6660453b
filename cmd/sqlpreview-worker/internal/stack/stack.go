// Package stack runs the whole way of a preview for tests and for the demo, each
// part a real one in a process of its own: a throw-away PostgreSQL, the sidecar,
// Temporal's server, and workers on one queue. What it starts ends with it.
package stack

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/worker"
	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
)

// OrgID is the organization that the workers of a stack belong to.
const OrgID = "acme"

// Options says what to run.
type Options struct {
	// Sidecar and Worker are the programs sqlpreview and sqlpreview-worker.
	Sidecar, Worker string
	// Temporal steers Temporal's server.
	Temporal temporaltest.Options
	// MutualTLS has Temporal's server ask for client certificates, and gives the
	// workers one.
	MutualTLS bool
	// Durable keeps the server's state in a file, so that it survives a restart.
	Durable bool
	// Schema is run in the database, as its owner.
	Schema string
	// SidecarSettings are added to the sidecar's environment, "NAME=value".
	SidecarSettings []string
	// WorkerSettings are added to the environment of every worker and client.
	WorkerSettings []string
}

// Stack is what runs.
type Stack struct {
	Database *pgtest.Server
	Temporal *temporaltest.Server
	Sidecar  *Process

	options  Options
	folder   string
	settings []string
	// The connection strings of the database, as its owner and as the sidecar's role.
	dsn, readerDSN string

	mu      sync.Mutex
	workers []*Worker
}

// Worker is one worker process.
type Worker struct {
	*Process
	health string
}

// New starts everything but workers. Close ends it.
func New(ctx context.Context, o Options) (s *Stack, err error) {
	// A unix socket's path must be short.
	folder, err := os.MkdirTemp("/tmp", "stack")
	if err != nil {
		return nil, err
	}
	s = &Stack{options: o, folder: folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	if s.Database, err = pgtest.New(ctx, pgtest.Options{Own: true}); err != nil {
		return s, err
	}
	name, _, err := s.Database.CreateDatabase(ctx, roleStatements+o.Schema)
	if err != nil {
		return s, err
	}
	s.dsn = s.Database.DSNFor("postgres", name)
	s.readerDSN = s.Database.DSNFor(role, name)
	if err = s.StartSidecar(ctx); err != nil {
		return s, err
	}
	if o.Durable {
		o.Temporal.File = filepath.Join(folder, "temporal.db")
	}
	if err = s.writeSecrets(&o.Temporal); err != nil {
		return s, err
	}
	s.Temporal, err = temporaltest.New(ctx, o.Temporal)
	return s, err
}

// role is who the sidecar logs in as: it may read what there is and nothing else.
const role = "stack_reader"

const roleStatements = `
do $$ begin create role ` + role + ` login; exception when duplicate_object then null; end $$;
alter default privileges grant select on tables to ` + role + `;
alter default privileges grant usage on schemas to ` + role + `;
`

// The names of what writeSecrets makes in the folder.
const (
	keysFile  = "keys"
	tlsFolder = "tls"
)

// writeSecrets writes the keys of the payloads and, for mutual TLS, certificates.
func (s *Stack) writeSecrets(o *temporaltest.Options) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	keys := filepath.Join(s.folder, keysFile)
	if err := os.WriteFile(keys, []byte("k1 "+base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		return err
	}
	s.settings = []string{"OP_TEMPORAL_KEYS_FILE=" + keys}
	if !s.options.MutualTLS {
		return nil
	}
	o.TLS = filepath.Join(s.folder, tlsFolder)
	if err := os.Mkdir(o.TLS, 0o700); err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(o.TLS, name) }
	s.settings = append(s.settings, "OP_TEMPORAL_TLS_CERT="+file(temporaltest.ClientCertFile), "OP_TEMPORAL_TLS_KEY="+file(temporaltest.ClientKeyFile),
		"OP_TEMPORAL_TLS_CA="+file(temporaltest.CAFile), "OP_TEMPORAL_TLS_SERVER_NAME=localhost")
	return temporaltest.WriteCertificates(o.TLS)
}

// DSN is the connection string of the database, as its owner.
func (s *Stack) DSN() string { return s.dsn }

// SidecarAddress is where the sidecar listens, as unix:PATH.
func (s *Stack) SidecarAddress() string { return "unix:" + filepath.Join(s.folder, "preview.sock") }

// Environment is what a worker and a client of it have in their environment.
func (s *Stack) Environment() []string {
	return append(append([]string{
		"OP_TEMPORAL_ADDRESS=" + s.Temporal.Address(), "OP_TEMPORAL_NAMESPACE=" + s.Temporal.Namespace(),
		"OP_TEMPORAL_ORG_ID=" + OrgID, "OP_PREVIEW_SIDECAR=" + s.SidecarAddress(),
	}, s.settings...), s.options.WorkerSettings...)
}

// Config is what the control plane connects with: the organization's keys, and a
// client certificate with mutual TLS.
func (s *Stack) Config() (worker.Config, error) {
	keys, err := worker.ReadKeys(filepath.Join(s.folder, keysFile), nil)
	config := worker.Config{Address: s.Temporal.Address(), Namespace: s.Temporal.Namespace(), OrgID: OrgID, Keys: keys, Identity: "control-plane"}
	if err != nil || !s.options.MutualTLS {
		return config, err
	}
	file := func(name string) string { return filepath.Join(s.folder, tlsFolder, name) }
	pair, err := tls.LoadX509KeyPair(file(temporaltest.ClientCertFile), file(temporaltest.ClientKeyFile))
	if err != nil {
		return config, err
	}
	authority, err := os.ReadFile(file(temporaltest.CAFile))
	if err != nil {
		return config, err
	}
	config.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, RootCAs: x509.NewCertPool(), ServerName: "localhost"}
	config.TLS.RootCAs.AppendCertsFromPEM(authority)
	return config, nil
}

// StartSidecar starts the sidecar, which New has done, and returns when it serves:
// for one that was killed.
func (s *Stack) StartSidecar(ctx context.Context) (err error) {
	if s.Sidecar, err = start(s.options.Sidecar, []string{"serve"}, append([]string{
		"OP_PREVIEW_LISTEN=" + s.SidecarAddress(), "OP_PREVIEW_DSN=" + s.readerDSN,
	}, s.options.SidecarSettings...)); err != nil {
		return err
	}
	c, err := client.New(client.Config{Target: s.SidecarAddress()})
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing is left to send
	return s.until(ctx, s.Sidecar, "the sidecar is not ready", func(ctx context.Context) bool {
		serving, err := c.Serving(ctx)
		return err == nil && serving
	})
}

// startTimeout bounds the wait for a process, on a busy machine.
const startTimeout = 2 * time.Minute

// until asks again until done; the process's end ends it too.
func (s *Stack) until(ctx context.Context, p *Process, complaint string, done func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if done(ctx) {
			return nil
		}
		select {
		case <-p.Ended():
			return fmt.Errorf("stack: %s: it ended: %s", complaint, p.Output())
		case <-ctx.Done():
			return fmt.Errorf("stack: %s: %w: %s", complaint, ctx.Err(), p.Output())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// StartWorker starts a worker and returns when it is ready; settings are added to
// its environment.
func (s *Stack) StartWorker(ctx context.Context, settings ...string) (*Worker, error) {
	w, err := s.LaunchWorker(settings...)
	if err != nil {
		return nil, err
	}
	return w, s.until(ctx, w.Process, "the worker is not ready", w.Ready)
}

// LaunchWorker starts a worker and does not wait for it.
func (s *Stack) LaunchWorker(settings ...string) (*Worker, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	health := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, err
	}
	p, err := start(s.options.Worker, nil, append(append(s.Environment(), "OP_TEMPORAL_HEALTH_LISTEN="+health), settings...))
	if err != nil {
		return nil, err
	}
	w := &Worker{Process: p, health: health}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers = append(s.workers, w)
	return w, nil
}

// Workers are all workers that were started, those that have ended too.
func (s *Stack) Workers() []*Worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.workers)
}

// Ready asks the worker whether it is ready.
func (w *Worker) Ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.health+"/readyz", nil)
	if err != nil {
		return false
	}
	request.Close = true // no connection is left behind
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// Backends counts the previews that run in the database now.
func (s *Stack) Backends(ctx context.Context) (int, error) {
	conn, err := pgconn.Connect(ctx, s.dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx) //nolint:errcheck // it was only read from
	results, err := conn.Exec(ctx, `select count(*) from pg_stat_activity where usename = '`+role+`' and state <> 'idle'`).ReadAll()
	if err != nil {
		return 0, err
	}
	count := 0
	_, err = fmt.Sscan(string(results[0].Rows[0][0]), &count)
	return count, err
}

// Close ends everything in good order, the workers first, and removes the folder.
// It says which process ended otherwise than it should.
func (s *Stack) Close() error {
	var faults []error
	var wg sync.WaitGroup
	for _, w := range s.Workers() {
		wg.Go(func() { _ = w.Stop() }) // who killed it knows how it ended
	}
	wg.Wait()
	if s.Temporal != nil {
		faults = append(faults, s.Temporal.Close())
	}
	if s.Sidecar != nil {
		if err := s.Sidecar.Stop(); err != nil {
			faults = append(faults, fmt.Errorf("stack: the sidecar: %w: %s", err, lastLines(s.Sidecar.Output(), 5)))
		}
	}
	if s.Database != nil {
		faults = append(faults, s.Database.Close())
	}
	return errors.Join(append(faults, os.RemoveAll(s.folder))...)
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
