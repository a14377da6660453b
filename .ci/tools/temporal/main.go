// Command temporal is Temporal's own server with SQLite in one process: the
// server of tests and of the demo alone.
//
//	temporal [--listen HOST:PORT] [--namespace NAME] [--file PATH] [--tls FOLDER] [--poll-rps N] [--until-eof]
//
// It prints "ready HOST:PORT" when its namespace answers, and ends on SIGTERM or
// SIGINT, with --until-eof also when its standard input ends, so that it never
// outlives the test that started it. Errors of the server go to standard error.
//
// With --file its state is in a SQLite file: another start on the same file goes
// on where the last one ended, however that was. With --tls every client must show
// a certificate, as in a production cluster; the folder holds ca.pem (the authority
// of both sides), server.pem, server-key.pem (for localhost), client.pem and
// client-key.pem, which the server's own workers show.
//
// The server has one history shard, and a shard looks for new tasks 20 times a second
// at most (history.transferProcessorMaxPollRPS). A cluster has hundreds of shards, so
// that a workflow hardly ever waits for that; on one shard, every workflow after the
// other waits 50 ms for each of its tasks. So --poll-rps is 1000 unless it is set.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "temporal:", err)
		os.Exit(1)
	}
}

type options struct {
	listen, namespace, file, tls string
	pollRPS                      int
	untilEOF                     bool
}

func run() error {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "where clients connect; port 0 is a free one")
	flag.StringVar(&o.namespace, "namespace", "default", "the namespace to make")
	flag.StringVar(&o.file, "file", "", "the SQLite file of the state; in memory without")
	flag.StringVar(&o.tls, "tls", "", "the folder with the certificates of mutual TLS")
	flag.IntVar(&o.pollRPS, "poll-rps", 1000, "how often a second the one shard looks for new tasks at most")
	flag.BoolVar(&o.untilEOF, "until-eof", false, "end when standard input ends")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flag.Arg(0))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if o.untilEOF {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	server, address, err := o.server()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	if err := o.awaitNamespace(ctx, address); err != nil {
		return errors.Join(err, server.Stop())
	}
	fmt.Println("ready", address)
	<-ctx.Done()
	// What is not handed over is in the file; nobody waits for a slow end.
	time.AfterFunc(10*time.Second, func() { os.Exit(0) })
	return server.Stop()
}

// server makes the server and returns the address where its clients connect.
func (o options) server() (temporal.Server, string, error) {
	host, text, err := net.SplitHostPort(o.listen)
	if err != nil {
		return nil, "", err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, "", err
	}
	ports, err := freePorts(host, 4)
	if err != nil {
		return nil, "", err
	}
	if port != 0 {
		ports[0] = port
	}
	address := net.JoinHostPort(host, strconv.Itoa(ports[0]))
	settings := &config.Config{
		Services:            map[string]config.Service{},
		PublicClient:        config.PublicClient{HostPort: address},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: "active", CurrentClusterName: "active",
			ClusterInformation: map[string]cluster.ClusterInformation{
				"active": {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address},
			},
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for i, name := range []primitives.ServiceName{
		primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
	} {
		settings.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: ports[i], BindOnIP: host}}
		// Addresses that are known from the start need no ring to be joined.
		hosts[name] = static.SingleLocalHost(net.JoinHostPort(host, strconv.Itoa(ports[i])))
	}
	if o.tls != "" {
		settings.Global.TLS = mutualTLS(o.tls)
	}
	if err := o.store(settings); err != nil {
		return nil, "", err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(settings),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "error"}))),
		temporal.WithDynamicConfigClient(dynamicconfig.StaticClient{
			// Without it a new namespace is listed only after a minute.
			dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): []dynamicconfig.ConstrainedValue{{Value: true}},
			dynamicconfig.TransferProcessorMaxPollRPS.Key():             []dynamicconfig.ConstrainedValue{{Value: o.pollRPS}},
		}),
	)
	return server, address, err
}

// store has the state in SQLite and makes the namespace.
func (o options) store(settings *config.Config) error {
	database := config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: o.file, ConnectAttributes: map[string]string{
		"mode": "rwc", "setup": "true", "journal_mode": "wal", "synchronous": "normal",
	}}
	if o.file == "" {
		database.DatabaseName = "temporal"
		database.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	}
	settings.Persistence = config.Persistence{
		DefaultStore: sqliteplugin.PluginName, VisibilityStore: sqliteplugin.PluginName, NumHistoryShards: 1,
		DataStores: map[string]config.DataStore{sqliteplugin.PluginName: {SQL: &database}},
	}
	namespace, err := sqlite.NewNamespaceConfig(settings.ClusterMetadata.CurrentClusterName, o.namespace, false, nil)
	if err != nil {
		return err
	}
	return sqlite.CreateNamespaces(&database, namespace)
}

// mutualTLS asks every client for a certificate, the server's own workers too.
func mutualTLS(folder string) config.RootTLS {
	file := func(name string) string { return filepath.Join(folder, name) }
	authority := config.ClientTLS{ServerName: "localhost", RootCAFiles: []string{file("ca.pem")}}
	return config.RootTLS{
		Frontend: config.GroupTLS{Server: config.ServerTLS{
			CertFile: file("server.pem"), KeyFile: file("server-key.pem"),
			ClientCAFiles: []string{file("ca.pem")}, RequireClientAuth: true,
		}, Client: authority},
		SystemWorker: config.WorkerTLS{CertFile: file("client.pem"), KeyFile: file("client-key.pem"), Client: authority},
	}
}

// freePorts asks the kernel for ports that are free now. Where another process
// takes one before the server does, the server ends, and its caller tries again.
func freePorts(host string, count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return nil, err
		}
		defer listener.Close() //nolint:errcheck // nothing was sent
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// awaitNamespace returns when the namespace answers.
func (o options) awaitNamespace(ctx context.Context, address string) error {
	settings := client.Options{HostPort: address, Namespace: o.namespace, Logger: quiet{}}
	if o.tls != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(o.tls, "client.pem"), filepath.Join(o.tls, "client-key.pem"))
		if err != nil {
			return err
		}
		authority, err := os.ReadFile(filepath.Join(o.tls, "ca.pem"))
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(authority)
		settings.ConnectionOptions.TLS = &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, RootCAs: roots, ServerName: "localhost",
		}
	}
	var err error
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ctx.Err() != nil {
			return errors.New("stopped before it was ready")
		}
		if err = ask(ctx, settings); err == nil {
			return nil
		}
	}
	return err
}

func ask(ctx context.Context, settings client.Options) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, settings)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: settings.Namespace})
	return err
}

// quiet is a logger of the SDK that says nothing: while the server starts, its
// errors are no errors.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
