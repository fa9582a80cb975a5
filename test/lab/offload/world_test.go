//go:build linux

package offload

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/node"
	"github.com/parley-rtc/parley/test/lab/netns"
)

// The addresses of the hosts: one network of each family.
var (
	serverIPs = [2]netip.Addr{netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:db8:0:1::1")}
	clientIPs = [2]netip.Addr{netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("2001:db8:0:1::2")}
	peerIPs   = [2]netip.Addr{netip.MustParseAddr("203.0.113.3"), netip.MustParseAddr("2001:db8:0:1::3")}
)

const (
	turnPort   = 3478
	turnSecret = "a secret of the test alone"
	metricsAt  = "127.0.0.1:8080"
	patience   = 10 * time.Second
)

// serverVariable makes this program a server instead of a test.
const serverVariable = "PARLEY_LAB_OFFLOAD"

// settings are those of the server, and whether it gives up its rights first.
type settings struct {
	Offload  string
	NoRights bool
	Table    bool // no server, but the tables of the kernel path by themselves
}

func TestMain(m *testing.M) {
	if said := os.Getenv(serverVariable); said != "" {
		var s settings
		if err := json.Unmarshal([]byte(said), &s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if err := s.run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if err := stayOnOneProcessor(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// stayOnOneProcessor keeps this process and its servers on one processor, and so
// all that they send in one queue of the kernel: then packets arrive in the order
// in which they were sent, whichever way they take, however busy the machine is.
func stayOnOneProcessor() error {
	var may, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return os.NewSyscallError("sched_getaffinity", err)
	}
	for cpu := range 1024 {
		if may.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, &one); err != nil && !errors.Is(err, unix.ESRCH) {
			return os.NewSyscallError("sched_setaffinity", err)
		}
	}
	return nil
}

func (s settings) run() error {
	if s.NoRights {
		return s.withoutRights()
	}
	if s.Table {
		return runTable()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return node.Run(ctx, &config.Settings{
		HTTP: metricsAt, UDP: fmt.Sprint(":", turnPort), RelayPortMin: 49152, RelayPortMax: 65535, TURNSecret: turnSecret,
		AllowPeer:    []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32")},
		AllowMetrics: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Offload:      s.Offload, MaxConnections: 10, MaxPerAddress: 10,
	}, node.Host{Version: "test", Banner: io.Discard, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
}

// withoutRights runs the server again, for good without the capabilities.
func (s settings) withoutRights() error {
	runtime.LockOSThread() // what is dropped is the thread's, which is the one that stays
	for _, c := range []uintptr{unix.CAP_BPF, unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN, unix.CAP_PERFMON} {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			return fmt.Errorf("drop: %w", err)
		}
	}
	s.NoRights = false
	said, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.Setenv(serverVariable, string(said)); err != nil {
		return err
	}
	return unix.Exec("/proc/self/exe", os.Args, os.Environ())
}

// world is a server, a client and a peer on one link.
type world struct {
	t                    *testing.T
	net                  *netns.World
	server, client, peer *netns.Namespace
	cmd                  *exec.Cmd
	ended                chan struct{}
	log                  *output
	stdin, stdout        *os.File // of the server, where somebody uses them
}

// output collects what a server says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	netns.Require(t)
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		netns.Missing(t, "a kernel with BTF")
	}
	n := netns.New(t)
	w := &world{t: t, net: n, server: n.Namespace("server"), client: n.Namespace("client"), peer: n.Namespace("peer"), log: &output{}}
	lan := n.Namespace("lan")
	lan.IP("link add br0 type bridge", "link set dev br0 up")
	for _, version := range []string{"iptables", "ip6tables"} {
		// Where bridges know of firewalls, they cut off what is behind a packet.
		name := "bridge/bridge-nf-call-" + version
		if _, err := os.Stat("/proc/sys/net/" + name); err == nil {
			lan.Sysctl(name, "0")
		}
	}
	for i, host := range []*netns.Namespace{w.server, w.client, w.peer} {
		port := fmt.Sprint("port", i)
		n.Veth(host, "eth0", lan, port)
		lan.IP("link set dev " + port + " master br0")
		host.IP(fmt.Sprintf("addr add 203.0.113.%d/24 dev eth0", i+1), fmt.Sprintf("addr add 2001:db8:0:1::%d/64 dev eth0", i+1))
	}
	w.server.Sysctl("ipv4/conf/all/forwarding", "1")
	w.server.Sysctl("ipv6/conf/all/forwarding", "1")
	return w
}

// start runs a server until it is ready.
func (w *world) start(s settings) {
	w.t.Helper()
	w.launch(s)
	w.eventually("the server is ready", func() bool {
		select {
		case <-w.ended:
			w.t.Fatalf("the server ended:\n%s", w.log)
		default:
		}
		body, err := w.get("/readyz")
		return err == nil && strings.Contains(body, " 200 ")
	})
}

func (w *world) launch(s settings) {
	w.t.Helper()
	said, err := json.Marshal(s)
	if err != nil {
		w.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	w.cmd = w.server.Command(context.Background(), self)
	w.cmd.Env = append(os.Environ(), serverVariable+"="+string(said))
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	if w.stdout != nil {
		w.cmd.Stdin, w.cmd.Stdout = w.stdin, w.stdout
	}
	w.ended = make(chan struct{})
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(w.cmd, w.ended)
	w.t.Cleanup(func() {
		w.kill()
		if w.t.Failed() {
			w.t.Logf("the server said:\n%s", w.log)
		}
	})
}

// kill ends the server as a power cut would.
func (w *world) kill() {
	_ = unix.Kill(w.cmd.Process.Pid, unix.SIGKILL)
	<-w.ended
}

// eventually polls a condition.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// get asks the server's HTTP from inside its namespace.
func (w *world) get(path string) (answer string, err error) {
	err = w.server.Do(func() error {
		conn, err := net.DialTimeout("tcp", metricsAt, patience)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path); err != nil {
			return err
		}
		all, err := io.ReadAll(conn)
		answer = string(all)
		return err
	})
	return answer, err
}

// metric returns the value of one metric, with its label as Prometheus writes it.
func (w *world) metric(name string) int {
	w.t.Helper()
	text, err := w.get("/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				w.t.Fatal(err)
			}
			return int(n)
		}
	}
	w.t.Fatalf("no metric %s in\n%s", name, text)
	return 0
}

func (w *world) passed(reason string) int {
	return w.metric(`parley_offload_passed_packets_total{reason="` + reason + `"}`)
}

func (w *world) offloaded() (toPeer, toClient int) {
	return w.metric(`parley_offload_packets_total{direction="to_peer"}`), w.metric(`parley_offload_packets_total{direction="to_client"}`)
}

// attached says how many programs look at what comes in by the server's link.
func (w *world) attached() (n int) {
	w.t.Helper()
	err := w.server.Do(func() error {
		dev, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		found, err := link.QueryPrograms(link.QueryOptions{Target: dev.Index, Attach: ebpf.AttachTCXIngress})
		if err == nil {
			n = len(found.Programs)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// checksums says whether the link of a host lets somebody else make the checksums
// of what it sends. Where it does not, the kernel makes them at this point.
func checksums(t *testing.T, host *netns.Namespace, offloaded bool) {
	t.Helper()
	const setTxChecksum = 0x17 // ETHTOOL_STXCSUM
	value := struct{ command, data uint32 }{command: setTxChecksum}
	if offloaded {
		value.data = 1
	}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		rest [16]byte
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:], "eth0")
	err := host.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer func() { _ = unix.Close(fd) }()
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
			return errno
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
