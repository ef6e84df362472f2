"""What a picture is judged by beside PSNR and SSIM, and how sites are compared."""
