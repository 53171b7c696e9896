"""Rows and Qt item models over them: texts of cells, sort keys, named roles.

Belongs here: the tree of results (``result_tree`` and what it is made of: ``row_store``, ``patient_merging``,
``local_copy_updates``, ``mismatch_rows``; the rows in sight: ``visible_rows``; for Qt: ``tree_model``), which
answers are one patient (``patient_identity``), columns, transfers, the series strip, the tag list, and the
words for values and states. Does not: queries, files, threads, painting.
"""
