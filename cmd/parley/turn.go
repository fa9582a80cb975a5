package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/node"
	"github.com/parley-rtc/parley/internal/obs"
)

// turnCmd is the STUN and TURN server alone, and what is asked of one that runs.
type turnCmd struct {
	Run turnRunCmd `cmd:"" default:"withargs" help:"Run the STUN and TURN server; \"run\" may be left away."`
	Ctl turnCtlCmd `cmd:"" help:"Ask a running \"parley turn\" something, over its local socket."`
}

// showHelp shows the help of a command, and that of what it does without being told
// which of its commands.
func showHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	node := ctx.Selected()
	if node == nil || node.DefaultCmd == nil {
		return nil
	}
	usual, err := kong.Trace(ctx.Kong, []string{node.Name, node.DefaultCmd.Name})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(ctx.Stdout)
	return kong.DefaultHelpPrinter(options, usual)
}

type turnRunCmd struct {
	config.Turn
}

// Run runs the server until SIGINT or SIGTERM. SIGHUP has it read its settings
// again.
func (c *turnRunCmd) Run(stdout io.Writer, line commandLine) error {
	settings, err := c.Check()
	if err != nil {
		return err
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	ctx, stop := untilSignal()
	defer stop()
	host := node.Host{Version: version, Banner: stdout, Log: obs.NewLogger(os.Stderr, settings.LogLevel)}
	return node.RunTurn(ctx, settings, host, hangup, func() (*config.TurnSettings, error) {
		var again commands
		if _, err := parse(&again, line, io.Discard, io.Discard); err != nil {
			return nil, err
		}
		return again.Turn.Run.Check()
	})
}

type turnCtlCmd struct {
	config.TurnCtl
	Sessions turnSessionsCmd `cmd:"" help:"List the open allocations."`
	Kill     turnKillCmd     `cmd:"" help:"End allocations."`
	Drain    turnDrainCmd    `cmd:"" help:"Refuse new allocations, and stop when the last one is gone."`
	Reload   turnReloadCmd   `cmd:"" help:"Read secrets, users, certificates and address ranges again, as SIGHUP does."`
	Stats    turnStatsCmd    `cmd:"" help:"Show how the server does."`
}

type (
	turnSessionsCmd struct{ config.TurnSessions }
	turnKillCmd     struct{ config.TurnKill }
	turnDrainCmd    struct{ config.TurnDrain }
	turnReloadCmd   struct{}
	turnStatsCmd    struct{}
)

// AfterApply gives the commands below what they have in common.
func (c *turnCtlCmd) AfterApply(ctx *kong.Context, stdout io.Writer) error {
	ctx.Bind(&node.Ctl{Config: &c.TurnCtl, Out: stdout})
	return nil
}

// Run lists sessions.
func (c *turnSessionsCmd) Run(ctl *node.Ctl) error {
	return ctl.Sessions(context.Background(), &c.TurnSessions)
}

// Run ends sessions.
func (c *turnKillCmd) Run(ctl *node.Ctl) error { return ctl.Kill(context.Background(), &c.TurnKill) }

// Run drains the server.
func (c *turnDrainCmd) Run(ctl *node.Ctl) error { return ctl.Drain(context.Background(), &c.TurnDrain) }

// Run reloads the settings.
func (c *turnReloadCmd) Run(ctl *node.Ctl) error { return ctl.Reload(context.Background()) }

// Run shows how the server does.
func (c *turnStatsCmd) Run(ctl *node.Ctl) error { return ctl.Stats(context.Background()) }
