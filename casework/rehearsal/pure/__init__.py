"""A rehearsal on the rules alone: cases in memory, and the domain asked what happens when.

Neither a server nor a register runs, so that a scenario takes milliseconds. What is decided, when
it falls due and what is in force comes from the code of production. What production does between
cases by SQL and activities is done here over the cases in memory, in the smallest form that gives
the same: ``in_force`` (orders and absences), ``casework.trial.case`` (what a workflow does with one
case), ``engine`` (time, and what one case has to do with another), ``outreach`` (who is told one by
one).

The tests play scenarios on both engines and compare. What only the other one shows: proofs,
histories, letters that a gateway refuses, races. A rule that breaks ends the rehearsal here at
once; in production the case gets a task and goes on.
"""
