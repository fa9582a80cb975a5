// Command parley is the whole server: web app, signaling, STUN and TURN, or STUN and
// TURN alone; and what people do with it from a terminal: send and get files, look
// whether a server works, ask one something.
//
// Exit codes: 0 after a regular stop, 1 when the running server failed or a command
// did not get done, 2 when it could not start as asked (bad flag, port in use,
// missing right); then one sentence on standard error says what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/node"
	"github.com/parley-rtc/parley/internal/obs"
	"github.com/parley-rtc/parley/internal/shell"
)

// version is set by the linker in releases.
var version = "0.1.0-dev"

type commands struct {
	Serve   serveCmd   `cmd:"" help:"Run the server."`
	Turn    turnCmd    `cmd:"" help:"Run the STUN and TURN server alone, or ask a running one something (turn ctl)."`
	Send    sendCmd    `cmd:"" help:"Send files and folders to whoever opens the link."`
	Get     getCmd     `cmd:"" help:"Get the files that are offered behind a link."`
	Doctor  doctorCmd  `cmd:"" help:"Look whether calls by a server will work from this machine."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var cmds commands
	ctx, err := parse(&cmds, args, stdout, stderr)
	if err == nil {
		err = ctx.Run()
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "parley:", strings.TrimSpace(err.Error()))
	served, done, asked := (*node.Failure)(nil), (*shell.Failure)(nil), (*node.NotDone)(nil)
	if errors.As(err, &served) || errors.As(err, &done) || errors.As(err, &asked) {
		return 1
	}
	return 2
}

// commandLine is what the program was started with.
type commandLine []string

// parse fills cmds from the command line, the environment and the file that
// --config names.
func parse(cmds *commands, line commandLine, stdout, stderr io.Writer) (*kong.Context, error) {
	parser, err := kong.New(cmds,
		kong.Name("parley"),
		kong.Description("Calls, data and files between people, on a server of your own."),
		kong.UsageOnError(), kong.Writers(stdout, stderr), kong.Exit(os.Exit),
		kong.Help(showHelp),
		kong.Resolvers(&fileResolver{}),
		kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.Bind(shell.Host{Version: version, Out: stdout, Err: stderr}, line))
	if err != nil {
		panic(err) // the struct tags above are wrong
	}
	return parser.Parse(line)
}

type serveCmd struct {
	config.Serve
}

// Run runs the server until SIGINT or SIGTERM.
func (c *serveCmd) Run(stdout io.Writer) error {
	settings, err := c.Check()
	if err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	return node.Run(ctx, settings, node.Host{
		Version: version, Banner: stdout, Log: obs.NewLogger(os.Stderr, settings.LogLevel),
	})
}

// untilSignal ends by SIGINT or SIGTERM.
func untilSignal() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

type sendCmd struct {
	config.Send
}

// Run sends until SIGINT or SIGTERM.
func (c *sendCmd) Run(host shell.Host) error {
	ctx, stop := untilSignal()
	defer stop()
	return shell.Send(ctx, &c.Send, host)
}

type getCmd struct {
	config.Get
}

// Run gets files; SIGINT and SIGTERM leave what is there for the next time.
func (c *getCmd) Run(host shell.Host) error {
	ctx, stop := untilSignal()
	defer stop()
	return shell.Get(ctx, &c.Get, host)
}

type doctorCmd struct {
	config.Doctor
}

// Run examines a server.
func (c *doctorCmd) Run(host shell.Host) error {
	ctx, stop := untilSignal()
	defer stop()
	return shell.Doctor(ctx, &c.Doctor, host)
}

type versionCmd struct{}

// Run prints the version and what it was built with.
func (versionCmd) Run(stdout io.Writer) error {
	_, err := fmt.Fprintf(stdout, "parley %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// fileResolver gives kong the values of the file named by --config, below flags
// and environment.
type fileResolver struct{ file config.File }

// Validate implements kong.Resolver.
func (*fileResolver) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (r *fileResolver) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	if r.file == nil {
		r.file = config.File{}
		if name := configFile(ctx); name != "" {
			f, err := config.ReadFile(name, settingsOf(ctx))
			if err != nil {
				return nil, err
			}
			r.file = f
		}
	}
	if v, ok := r.file[flag.Name]; ok {
		return v, nil
	}
	return nil, nil
}

// settingsOf returns what the file of a command is read for.
func settingsOf(ctx *kong.Context) any {
	for _, step := range ctx.Path {
		if step.Command != nil && step.Command.Name == "turn" {
			return new(config.Turn)
		}
	}
	return new(config.Serve)
}

func configFile(ctx *kong.Context) string {
	for _, flag := range ctx.Flags() {
		if flag.Name == "config" {
			name, _ := ctx.FlagValue(flag).(string)
			return name
		}
	}
	return ""
}
