"""Which notebook shows which row of the lesson; a code cell there carries the tag `row:<ID>`."""

NOTEBOOKS = [
    "01_chain_rule",
    "02_unrolled_graph",
    "03_shared_weights",
    "04_chain_through_time",
    "05_worked_example",
    "06_total_gradient",
    "07_truncated_bptt",
    "08_quiz",
    "09_honest_sliders",
    "10_eigenvalues_mislead",
    "11_what_k_does_to_learning",
    "12_what_truncation_costs",
    "13_long_memory",
    "14_bug_museum",
    "15_right_gradient_wrong_stream",
    "16_one_credit_map_four_architectures",
    "17_diagonal_recurrence",
]

ROWS = {
    row: notebook
    for notebook, rows in {
        "01_chain_rule": "R1 R2",
        "02_unrolled_graph": "M1 U1 U2 U3 V1",
        "03_shared_weights": "S1 S2 S3 E4 E6",
        "04_chain_through_time": "C1 C2 C3 C4 C5 E2 E3 E7",
        "05_worked_example": "W1 W2 W3 E1 E8 E10",
        "06_total_gradient": "G1 G2 E5",
        "07_truncated_bptt": "T1 T2 T3 T4 E11 E12 E13",
        "08_quiz": "Q1",
        "09_honest_sliders": "E9",
        "11_what_k_does_to_learning": "T5 L1 E14 E15",
    }.items()
    for row in rows.split()
}

# Rows that state a number: a cell with the tag must also assert something.
NUMBERS = "W1 W2 W3 E1 E6 E8 E9 E11 E12 E13 E14 E15".split()
