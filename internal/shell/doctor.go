package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/parley-rtc/parley/client/doctor"
	"github.com/parley-rtc/parley/internal/config"
)

// Bounds of --duration.
const (
	durationMin = 500 * time.Millisecond
	durationMax = 30 * time.Second
)

// Doctor looks whether calls by a server will work from here.
func Doctor(ctx context.Context, cfg *config.Doctor, host Host) error {
	server, err := parseServer(cfg.URL)
	if err != nil {
		return err
	}
	if cfg.Duration < durationMin || cfg.Duration > durationMax {
		return fmt.Errorf("--duration %s: want %s to %s", cfg.Duration, durationMin, durationMax)
	}
	options := doctor.Options{
		URL: server, Insecure: cfg.Insecure || own(server.Hostname()), Duration: cfg.Duration, Client: "parley-doctor/" + host.Version,
	}
	if !cfg.JSON {
		_, _ = fmt.Fprintf(host.Out, "Looking at %s from this machine.\n\n", server)
		options.Told = func(c doctor.Check) {
			_, _ = fmt.Fprintf(host.Out, "  %-8s %-15s %s\n", c.Outcome, c.Name, c.Text)
		}
	}
	report := doctor.Run(ctx, options)
	switch {
	case cfg.JSON:
		encoder := json.NewEncoder(host.Out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			return &Failure{err}
		}
	case report.Works: // else it is the error
		_, _ = fmt.Fprintf(host.Out, "\n%s\n", report.Verdict)
	}
	switch {
	case ctx.Err() != nil:
		return failure("interrupted")
	case !report.Works:
		return &Failure{errors.New(report.Verdict)}
	}
	return nil
}
