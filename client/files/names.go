package files

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The parts of a name that a file system may hold, in bytes, with room for
// ".part.json" and " (999)".
const nameBytesMax = 255 - 16

// Names that mean a device on Windows, whatever follows the dot.
var deviceName = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

var driveName = regexp.MustCompile(`^[A-Za-z]:$`)

// safePath makes a relative path, with slashes, of what a peer says: nothing in it
// leads out of the folder it is put in, and nothing in it deceives who reads it.
func safePath(name, dir string) string {
	dir = strings.ReplaceAll(dir, `\`, "/")
	var parts []string
	for part := range strings.SplitSeq(dir, "/") {
		if driveName.MatchString(part) && len(parts) == 0 {
			continue
		}
		if part = safeName(part); part != "" && len(parts) < pathPartsMax {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = []string{safeName(name)}
	}
	if parts[0] == "" {
		parts[0] = "file"
	}
	return path.Join(parts...)
}

// safeName makes one part of a path; "" if nothing of it can be used.
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029',
			strings.ContainsRune(`/\:*?"<>|`, r), r == utf8.RuneError:
			return '_'
		}
		return r
	}, name)
	// Windows drops dots and spaces at the end, and so would find another file.
	name = strings.TrimRight(strings.TrimSpace(name), ". ")
	for len(name) > nameBytesMax {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if deviceName.MatchString(name) {
		name = "_" + name
	}
	return name
}

// numbered is the name of the nth file of a name: "a.jpg", "a (2).jpg".
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	if ext == path.Base(name) { // .profile has no ending
		ext = ""
	}
	return fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext)
}
