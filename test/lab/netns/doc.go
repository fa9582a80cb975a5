// Package netns makes network namespaces for one process and takes them away
// again: at the end of a test, and at the beginning of the next run where a run
// has crashed. A namespace's name carries the process id of its owner, so runs
// beside each other never meet.
//
// No namespace has a link to the machine it runs on, so nothing in the lab
// reaches a real network, and nothing outside reaches the lab.
package netns
