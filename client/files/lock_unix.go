//go:build unix

package files

import (
	"os"
	"syscall"
)

// lockFile says whether no other program is at this file. The lock goes with the file's closing.
func lockFile(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
