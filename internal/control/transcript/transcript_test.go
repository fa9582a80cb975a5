package transcript

import "testing"

func TestPlayed(t *testing.T) {
	script := "# A comment.\n> say a\n  a\n  stale\n\n> say nothing\n> say b\n"
	got := played([]byte(script), func(step string) []string {
		if step == "say nothing" {
			return nil
		}
		return []string{step[len("say "):]}
	})
	if want := "# A comment.\n> say a\n  a\n\n> say nothing\n> say b\n  b\n"; string(got) != want {
		t.Errorf("got %q", got)
	}
}
