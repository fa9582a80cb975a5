package invariant

import "testing"

func TestCheck(t *testing.T) {
	Check(true, "never said")
	defer func() {
		if got := recover(); got != "invariant broken: 2 of 3" {
			t.Errorf("panic with %v", got)
		}
	}()
	Check(false, "%d of %d", 2, 3)
	t.Error("Check(false) returned")
}
