//go:build linux

package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/parley-rtc/parley/bench/load"
)

const (
	realm  = "parley"
	secret = "known to the load generator too"
	// Relay ports, the same for everybody, with room for the crowd of idle allocations.
	relayPortMin, relayPortMax = 20000, 60000
)

// The names of who is measured.
const (
	parleyName = "parley"
	kernelName = "parley-tc"
	coturnName = "coturn"
	pionName   = "pion"
	floorName  = "floor"
	directName = "direct" // no server: the machine between client and peer forwards
)

// contestant knows how to start a server.
type contestant struct {
	name    string
	command func(b *bench) (path string, args []string)
	fixed   bool // speaks no TURN: flows are given to it
}

var contestants = []contestant{
	{name: directName},
	{name: floorName, fixed: true, command: func(b *bench) (string, []string) {
		return filepath.Join(b.scratch, "floor"), []string{listenIP.String(), strconv.Itoa(int(serverUDP.Port())),
			relayIP.String(), clientIP.String(), peerIP.String(), strconv.Itoa(b.flows)}
	}},
	{name: coturnName, command: func(b *bench) (string, []string) {
		args := []string{"-n", "--listening-ip", listenIP.String(), "--listening-port", strconv.Itoa(int(serverUDP.Port())),
			"--relay-ip", relayIP.String(), "--min-port", strconv.Itoa(relayPortMin), "--max-port", strconv.Itoa(relayPortMax),
			"--use-auth-secret", "--static-auth-secret", secret, "--realm", realm, "--no-cli", "--no-tls", "--no-dtls",
			"--log-file", "/dev/null", "--simple-log", "--no-stdout-log",
			"--pidfile", filepath.Join(b.scratch, "coturn.pid"), "--userdb", filepath.Join(b.scratch, "coturn.db")}
		if b.threads > 0 {
			args = append(args, "--relay-threads", strconv.Itoa(b.threads))
		}
		return "turnserver", args
	}},
	{name: pionName, command: func(*bench) (string, []string) { return "/proc/self/exe", []string{"-pion"} }},
	{name: parleyName, command: func(b *bench) (string, []string) { return b.parley("off") }},
	{name: kernelName, command: func(b *bench) (string, []string) { return b.parley("tc") }},
}

func (b *bench) parley(offload string) (string, []string) {
	return b.binary, []string{"turn", "--listen", serverUDP.String(), "--relay-ip", relayIP.String() + "/" + relayIP.String(),
		"--relay-ports", fmt.Sprintf("%d-%d", relayPortMin, relayPortMax), "--realm", realm, "--secret", secret,
		"--allow-peer", peerIP.String(), "--state-dir", b.scratch, "--control", filepath.Join(b.scratch, "parley.sock"),
		"--metrics", metricsAddr.String(), "--log-level", "warn", "--offload", offload}
}

// server is one that runs; of the direct way, nothing.
type server struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	output *bufio.Reader
	errors strings.Builder
}

// start starts a server in its namespace. It is killed when the bench ends.
func (b *bench) start(c *contestant) (*server, error) {
	s := &server{}
	if c.command == nil {
		return s, nil
	}
	path, args := c.command(b)
	s.cmd = exec.Command(path, args...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.cmd.Stderr = &s.errors
	s.cmd.Env = append(os.Environ(), "HOME="+b.scratch)
	if b.threads > 0 {
		s.cmd.Env = append(s.cmd.Env, "GOMAXPROCS="+strconv.Itoa(b.threads))
	}
	if c.fixed {
		var err error
		if s.input, err = s.cmd.StdinPipe(); err != nil {
			return nil, err
		}
		out, err := s.cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		s.output = bufio.NewReader(out)
	}
	if err := b.world.server.do(s.cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	return s, nil
}

// usage reads what the server has cost so far.
func (s *server) usage() (time.Duration, error) {
	if s.cmd == nil {
		return 0, nil
	}
	return load.CPU(s.cmd.Process.Pid)
}

// stop ends the server. There is nothing in it to be lost, so it is not asked.
func (s *server) stop() error {
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Kill() // an error means that it has ended, which Wait tells
	err := s.cmd.Wait()
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("the server ended by itself: %w: %s", err, &s.errors)
	}
	return nil
}

//go:embed floor/floor.c
var floorSource []byte

func (b *bench) buildFloor() error {
	source := filepath.Join(b.scratch, "floor.c")
	if err := os.WriteFile(source, floorSource, 0o600); err != nil {
		return err
	}
	out, err := exec.Command("gcc", "-O2", "-o", filepath.Join(b.scratch, "floor"), source).CombinedOutput()
	if err != nil {
		return fmt.Errorf("building the floor: %w: %s", err, out)
	}
	return nil
}
