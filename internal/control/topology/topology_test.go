package topology

import "testing"

func TestDecide(t *testing.T) {
	for people, want := range map[int]Topology{0: Mesh, 1: Mesh, 2: Mesh, 3: Mesh, 4: Mesh, 5: Full, 500: Full} {
		if got := Decide(View{People: people, MeshMax: 4}); got != want {
			t.Errorf("%d people: topology %d, want %d", people, got, want)
		}
	}
}

func TestExactlyOneIsPoliteAndOneInitiates(t *testing.T) {
	ids := []string{"aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaab", "Zaaaaaaaaaaaaaaa", "-aaaaaaaaaaaaaaa"}
	for i, a := range ids {
		for j, b := range ids {
			if i == j {
				continue
			}
			if Polite(a, b) == Polite(b, a) {
				t.Errorf("%s and %s: not exactly one is polite", a, b)
			}
			if Initiate(uint64(i), uint64(j)) == Initiate(uint64(j), uint64(i)) {
				t.Errorf("places %d and %d: not exactly one initiates", i, j)
			}
		}
	}
}
