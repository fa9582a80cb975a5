//go:build linux

package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// maxConsoleLines is how much of a page's log is kept.
const maxConsoleLines = 500

// driver speaks to one driver.mjs.
type driver struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr bytes.Buffer
	ended  chan struct{}

	mu      sync.Mutex
	lastID  int
	waiting map[int]chan answer
	logs    map[int][]string
}

// answer is a line from the driver: an answer (ID) or an event.
type answer struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
	Event string          `json:"event"`
	Page  int             `json:"page"`
	Level string          `json:"level"`
	Text  string          `json:"text"`
}

func startDriver(cmd *exec.Cmd) (*driver, error) {
	d := &driver{cmd: cmd, ended: make(chan struct{}), waiting: map[int]chan answer{}, logs: map[int][]string{}}
	cmd.Stderr = &d.stderr
	var err error
	if d.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go d.read(stdout)
	return d, nil
}

func (d *driver) read(stdout io.Reader) {
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var a answer
		if json.Unmarshal(line, &a) == nil {
			d.deliver(a)
		}
	}
	_ = d.cmd.Wait()
	close(d.ended)
}

func (d *driver) deliver(a answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a.Event != "" {
		if lines := d.logs[a.Page]; len(lines) < maxConsoleLines {
			d.logs[a.Page] = append(lines, a.Event+" "+a.Level+": "+a.Text)
		}
		return
	}
	if reply := d.waiting[a.ID]; reply != nil {
		delete(d.waiting, a.ID)
		reply <- a
	}
}

// call carries out a command and decodes what it returns into result.
func (d *driver) call(result any, command map[string]any, timeout time.Duration) error {
	reply := make(chan answer, 1)
	d.mu.Lock()
	d.lastID++
	id := d.lastID
	d.waiting[id] = reply
	command["id"] = id
	line, err := json.Marshal(command)
	if err == nil {
		_, err = d.stdin.Write(append(line, '\n'))
	}
	d.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%v: %w", command["op"], err)
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case a := <-reply:
		if a.Error != "" {
			return fmt.Errorf("%v: %w", command["op"], errors.New(a.Error))
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(a.Value, result)
	case <-d.ended:
		return fmt.Errorf("%v: %w: %s", command["op"], ErrGone, bytes.TrimSpace(d.stderr.Bytes()))
	case <-timer.C:
		return fmt.Errorf("%v: no answer from the driver within %v", command["op"], timeout)
	}
}

func (d *driver) console(page int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.logs[page]...)
}

// close ends the driver, which takes its browser with it.
func (d *driver) close() {
	_ = d.stdin.Close()
	select {
	case <-d.ended:
	case <-time.After(10 * time.Second):
		_ = d.cmd.Process.Kill()
		<-d.ended
	}
}
