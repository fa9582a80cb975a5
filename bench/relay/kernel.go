//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// interruptTimeApart says whether the kernel takes the time of interrupts out of
// the time of threads (CONFIG_IRQ_TIME_ACCOUNTING), as far as it tells.
var interruptTimeApart = bytes.Contains(kernelConfig(), []byte("\nCONFIG_IRQ_TIME_ACCOUNTING=y"))

func kernelRelease() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(name.Release[:])
}

func kernelConfig() []byte {
	if data, err := os.ReadFile("/boot/config-" + kernelRelease()); err == nil {
		return data
	}
	file, err := os.Open("/proc/config.gz")
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil
	}
	data, _ := io.ReadAll(unpacked) // what is cut tells less
	return data
}

// sleeps counts how often the threads of a process have waited so far.
func sleeps(pid int) (sum int, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has just ended
		}
		for line := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				n, err := strconv.Atoi(strings.TrimSpace(rest))
				if err != nil {
					return 0, err
				}
				sum += n
			}
		}
	}
	return sum, nil
}

// processorName is what /proc/cpuinfo calls the first processor.
func processorName() string {
	data, _ := os.ReadFile("/proc/cpuinfo") // without it there is no name
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
