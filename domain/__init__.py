"""The words of Onbrand as typed values, the errors and the ports. Imports nothing else of ours."""
