"""A class graded on a cluster: as on one machine, whatever becomes of workers, scheduler and network."""
